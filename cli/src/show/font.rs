//! The one font of drawings and plots, part of the program so that they look the same everywhere.

use ab_glyph::FontRef;
use epaint_default_fonts::UBUNTU_LIGHT;
use plotters::style::{FontStyle, register_font};
use std::sync::Once;

/// For drawings.
pub(crate) fn for_drawings() -> FontRef<'static> {
    FontRef::try_from_slice(UBUNTU_LIGHT).expect("the font is part of the program")
}

/// For plots, under the family name `sans-serif`.
pub(crate) fn register_for_plots() {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        // Fails only for bytes that are no font.
        let _ = register_font("sans-serif", FontStyle::Normal, UBUNTU_LIGHT);
    });
}
