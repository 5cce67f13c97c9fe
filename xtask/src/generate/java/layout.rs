//! Lists in brackets and sums, on as few lines as they need.

/// The longest line.
const WIDTH: usize = 118;

/// `head` and `tail` with the items between, such as the arguments of a call, the head standing `indent` blanks from
/// the margin. Items go onto lines of their own where they do not fit.
pub(super) fn call(head: &str, items: &[String], tail: &str, indent: usize) -> String {
    let joined = items.join(", ");
    if indent + head.len() + joined.len() + tail.len() <= WIDTH {
        return format!("{head}{joined}{tail}");
    }
    let margin = " ".repeat(indent + 8);
    if margin.len() + joined.len() + tail.len() <= WIDTH {
        return format!("{head}\n{margin}{joined}{tail}");
    }
    format!("{head}\n{margin}{}{tail}", items.join(&format!(",\n{margin}")))
}

/// `head` and `tail` with the sum of `parts` between, on one line or each part on one of its own.
pub(super) fn sum(head: &str, parts: &[String], tail: &str, indent: usize) -> String {
    let joined = parts.join(" + ");
    if indent + head.len() + joined.len() + tail.len() <= WIDTH {
        return format!("{head}{joined}{tail}");
    }
    format!("{head}{}{tail}", parts.join(&format!("\n{}+ ", " ".repeat(indent + 8))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaks_where_it_must() {
        let items = |length: usize| vec!["a".repeat(length), "b".repeat(length)];
        assert_eq!(call("f(", &items(1), ");", 4), "f(a, b);");
        let line = call("f(", &items(50), ");", 4);
        assert_eq!(line.lines().count(), 1, "{line}");
        let longer = call("a_long_name(", &items(50), ");", 4);
        assert_eq!(longer.lines().collect::<Vec<_>>()[0], "a_long_name(");
        assert_eq!(longer.lines().count(), 2);
        assert_eq!(call("f(", &items(60), ");", 4).lines().count(), 3);
        assert_eq!(sum("return ", &items(1), ";", 8), "return a + b;");
        assert_eq!(sum("return ", &items(60), ";", 8).lines().count(), 2);
    }
}
