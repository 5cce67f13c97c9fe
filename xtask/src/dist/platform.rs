//! The platforms that are shipped for.

use crate::files;

/// The oldest glibc that what is shipped runs with: RHEL 8 and its kin have it, and every Debian since 10.
pub(crate) const OLDEST_GLIBC: (u32, u32) = (2, 28);

/// A kind of machine that artefacts are made for: Linux with glibc, on one kind of processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Platform {
    processor: &'static str,
}

/// All of them, in the order they are built.
pub(crate) const ALL: [Platform; 2] = [Platform { processor: "x86_64" }, Platform { processor: "aarch64" }];

impl Platform {
    /// This machine's, where it is one that is shipped for.
    pub(crate) fn host() -> Option<Self> {
        ALL.into_iter().find(|platform| platform.is_host())
    }

    /// Whether programs made for it can run here.
    pub(crate) fn is_host(self) -> bool {
        self.name() == files::host()
    }

    /// As `assets.lock`, the archives and the jar name it, such as `linux-x86_64`.
    pub(crate) fn name(self) -> String {
        format!("linux-{}", self.processor)
    }

    /// Its processor, as everyone names it.
    pub(crate) fn processor(self) -> &'static str {
        self.processor
    }

    /// As cargo names it.
    pub(crate) fn triple(self) -> String {
        format!("{}-unknown-linux-gnu", self.processor)
    }

    /// As `cargo zigbuild` names it: the triple, and the glibc to link to.
    pub(crate) fn triple_with_glibc(self) -> String {
        let (major, minor) = OLDEST_GLIBC;
        format!("{}.{major}.{minor}", self.triple())
    }

    /// As the names of Python wheels have it.
    pub(crate) fn wheel_tag(self) -> String {
        let (major, minor) = OLDEST_GLIBC;
        format!("manylinux_{major}_{minor}_{}", self.processor)
    }

    /// As the header of an ELF file names its processor, in the words of `readelf`.
    pub(crate) fn elf_machine(self) -> &'static str {
        match self.processor {
            "x86_64" => "Advanced Micro Devices X86-64",
            _ => "AArch64",
        }
    }
}
