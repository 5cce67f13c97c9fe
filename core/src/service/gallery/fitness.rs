//! Whether a photo may be enrolled.

use crate::api::{CheckCode, Direction, Embedding, ImageInput, RefusalReason, SelectedFace, Warning};
use crate::engine::Engine;
use crate::service::local;
use crate::{Error, ErrorKind, Result};

/// What a look at a photo said.
pub(super) enum Fitness {
    /// Fit, with its face as a vector.
    Fit(Embedding),
    /// Not fit, and why.
    Unfit(RefusalReason, Option<SelectedFace>),
}

/// Looks at the photo of somebody who is to be enrolled, showing `direction` where one is asked for.
///
/// Brightness is judged before blur, size after both, and the direction last: what a new photo cures comes first.
///
/// # Errors
/// Those of embedding, but for a photo without a face.
pub(super) fn examine(
    engine: &Engine,
    image: ImageInput<'_>,
    direction: Option<Direction>,
) -> Result<Fitness> {
    let embedding = match local::embed(engine, image, "image") {
        Ok(embedding) => embedding,
        Err(error) if error.kind() == ErrorKind::NoFace => {
            return Ok(Fitness::Unfit(RefusalReason::NoFace, None));
        }
        Err(error) => return Err(error),
    };
    let source = &embedding.source;
    let reason = if source.warnings.contains(&Warning::SeveralFaces) {
        Some(RefusalReason::SeveralFaces)
    } else {
        match source.face.quality.check_code {
            CheckCode::TooDark => Some(RefusalReason::TooDark),
            CheckCode::TooBright => Some(RefusalReason::TooBright),
            CheckCode::Blurred => Some(RefusalReason::Blurred),
            CheckCode::Ok => direction
                .filter(|wanted| *wanted != source.face.direction)
                .map(|_| RefusalReason::WrongDirection),
            _ => Some(RefusalReason::TooSmall),
        }
    };
    Ok(match reason {
        Some(reason) => Fitness::Unfit(reason, Some(embedding.source)),
        None => Fitness::Fit(embedding),
    })
}

/// The seeds' code of a reason.
pub(super) fn check_code(reason: RefusalReason) -> CheckCode {
    match reason {
        RefusalReason::NoFace => CheckCode::NoFace,
        RefusalReason::Blurred => CheckCode::Blurred,
        RefusalReason::TooBright => CheckCode::TooBright,
        RefusalReason::TooDark => CheckCode::TooDark,
        RefusalReason::WrongDirection => CheckCode::WrongDirection,
        RefusalReason::SeveralFaces | RefusalReason::TooSmall => CheckCode::Other,
    }
}

/// Refuses what is no embedding of this engine.
///
/// # Errors
/// `ModelMismatch`; `InvalidArgument` where it is not a vector of length 1.
pub(super) fn check_embedding(engine: &Engine, embedding: &Embedding) -> Result<()> {
    if embedding.pipeline != engine.pipeline || embedding.model_id != engine.embedder_id() {
        return Err(Error::new(
            ErrorKind::ModelMismatch,
            "The embedding comes from another model or pipeline than this client's. Embed the photo again.",
        ));
    }
    local::check_embedding(engine, embedding)
}
