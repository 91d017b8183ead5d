//! `causerie api`.

use super::output;
use anyhow::Result;
use clap::Args;

/// Print the description of the administration API, as OpenAPI 3.1.
///
/// Programs that make clients and manuals read it. A running server has it at /v1/openapi.json.
#[derive(Args)]
#[command(after_help = "Examples:
  causerie api > openapi.json")]
pub(super) struct Arguments {}

impl Arguments {
    pub(super) fn run(self) -> Result<()> {
        output::line(causerie_web::admin::openapi().trim_end())
    }
}
