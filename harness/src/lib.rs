//! A conformance suite for WASI preview 1 that runs on many runtimes. ARCHITECTURE.md is the map.

pub mod case;
pub mod cli;
pub mod commands;
pub mod digest;
pub mod divergence;
pub mod engine;
pub mod filter;
pub mod fixture;
pub mod interrupt;
pub mod judge;
pub mod observe;
pub mod paths;
pub mod progress;
pub mod record;
pub mod report;
pub mod provision {
    pub mod debian {
        use anyhow::Result;
        use std::path::Path;
        pub fn fetch(_: &str, _: &[&str], _: &Path, _: &dyn Fn(&str)) -> Result<()> {
            anyhow::bail!("tbd")
        }
        pub fn launcher(_: &Path, _: &str) -> Result<Vec<String>> {
            anyhow::bail!("tbd")
        }
    }
    pub mod wasmedge {
        pub struct Plan {
            pub features: Vec<String>,
            pub env: Vec<(String, String)>,
            pub source: String,
        }
        pub fn locate(_: &std::path::Path, _: &dyn Fn(&str)) -> anyhow::Result<Plan> {
            anyhow::bail!("tbd")
        }
    }
}
pub mod runtimes;
pub mod suite;
pub mod text;
pub mod yaml;
