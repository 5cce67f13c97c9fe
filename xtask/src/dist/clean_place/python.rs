//! The wheel: installed into a fresh virtual environment, without a network.

use std::process::Command;

use super::{Place, word};
use crate::dist::platform::{self, Platform};
use crate::dist::wheel;
use crate::failure::{Failure, Result};

pub(super) fn compare(place: &Place) -> Result<String> {
    place.install("python3", &["-m", "venv", "venv"])?;
    for platform in platform::ALL {
        let outcome = install(place, platform);
        match (platform == place.platform, outcome) {
            (true, Err(error)) => return Err(error),
            (false, Ok(())) => {
                return Err(Failure::new(format!("the wheel for {} can be installed here", platform.name())));
            }
            _ => {}
        }
    }
    place.write("compare.py", include_str!("python/compare.py"))?;
    let mut command = Command::new(place.path("venv/bin/python"));
    command.arg("compare.py").args(place.photos());
    place.run(command, &[0])
}

fn install(place: &Place, platform: Platform) -> Result<()> {
    let wheel = place.dist.join(wheel::file_name(platform));
    let pip = place.path("venv/bin/python");
    place.install(word(&pip)?, &["-m", "pip", "install", "--quiet", "--no-index", word(&wheel)?])
}
