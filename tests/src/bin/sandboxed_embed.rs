//! Embeds a photo in a process that the system kills at the first attempt to reach a network:
//! `sandboxed_embed PHOTO`. `sandboxed_embed --tcp` and `--udp` make such attempts, to show that the
//! sandbox holds.

#![allow(clippy::print_stdout, clippy::print_stderr)] // A program speaks to its caller.

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let argument = std::env::args().nth(1).ok_or("usage: sandboxed_embed PHOTO | --tcp | --udp")?;
    // Before anything is loaded, and before there is a second thread that the filter would not cover.
    sandbox::enter()?;
    match argument.as_str() {
        "--tcp" => {
            std::net::TcpStream::connect("127.0.0.1:9")?;
        }
        "--udp" => {
            std::net::UdpSocket::bind("127.0.0.1:0")?;
        }
        photo => {
            let client = facebridge::api::Client::local(conformance::assets::engine_options())?;
            let embedding = client.embed(std::path::Path::new(photo))?;
            println!("embedded {}", embedding.values.len());
        }
    }
    Ok(())
}

/// A seccomp filter that ends the process at every call that could open a way out.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod sandbox {
    use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch, apply_filter};
    use std::collections::BTreeMap;

    /// socket, connect and io_uring_setup, which does both without either (arch/x86/entry/syscalls).
    const WAYS_OUT: [i64; 3] = [41, 42, 425];

    pub(super) fn enter() -> Result<(), Box<dyn std::error::Error>> {
        // No conditions: not even a local socket is needed to embed a photo.
        let rules: BTreeMap<i64, Vec<_>> = WAYS_OUT.iter().map(|&call| (call, Vec::new())).collect();
        let filter =
            SeccompFilter::new(rules, SeccompAction::Allow, SeccompAction::KillProcess, TargetArch::x86_64)?;
        let program: BpfProgram = filter.try_into()?;
        Ok(apply_filter(&program)?)
    }
}

/// The numbers of system calls, and with them the filter, are those of Linux on x86-64.
#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
fn main() {
    eprintln!("sandboxed_embed works on Linux x86-64 only");
    std::process::exit(2);
}
