//! The store's records in the words of the API, and back.

use crate::api::{Direction, EnrolledFace, PersonType, Sensitive, Subject, SubjectAttributes};
use crate::gallery::{self, Attributes, Face};

pub(super) fn attributes(given: &SubjectAttributes) -> Attributes {
    let text = |text: &Option<Sensitive>| text.as_ref().map(|text| text.expose().to_owned());
    Attributes {
        name: text(&given.name),
        id_number: text(&given.id_number),
        customer_id: text(&given.customer_id),
        person_type: match given.person_type {
            PersonType::Normal => gallery::PersonType::Normal,
            PersonType::Vip => gallery::PersonType::Vip,
            PersonType::Inner => gallery::PersonType::Inner,
        },
        expires_at: None,
    }
}

pub(super) fn subject(stored: gallery::Subject, faces: u32) -> Subject {
    let text = |text: Option<String>| text.map(Sensitive::from);
    let known = stored.attributes;
    Subject {
        id: stored.id.into(),
        attributes: SubjectAttributes {
            name: text(known.name),
            id_number: text(known.id_number),
            person_type: match known.person_type {
                gallery::PersonType::Normal => PersonType::Normal,
                gallery::PersonType::Vip => PersonType::Vip,
                gallery::PersonType::Inner => PersonType::Inner,
            },
            customer_id: text(known.customer_id),
        },
        created_at: milliseconds(stored.created_at),
        faces,
    }
}

pub(super) fn face(stored: Face) -> EnrolledFace {
    EnrolledFace {
        face_id: stored.id,
        direction: stored.direction.and_then(direction),
        enrolled_at: milliseconds(stored.enrolled_at),
        expires_at: stored.expires_at.map(milliseconds),
    }
}

fn direction(number: u8) -> Option<Direction> {
    [Direction::Front, Direction::Left, Direction::Right, Direction::Up, Direction::Down]
        .into_iter()
        .find(|direction| *direction as u32 == u32::from(number))
}

/// Nothing is enrolled before 1970.
fn milliseconds(time: i64) -> u64 {
    u64::try_from(time).unwrap_or(0)
}
