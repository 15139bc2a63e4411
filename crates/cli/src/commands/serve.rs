//! `vouchsafe serve` and `vouchsafe sign-in`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use server::run::TlsFiles;

use super::Context;
use super::verify::read_policy;
use crate::failure::{Failure, Verdict};
use crate::serve::{Serving, auth, serve};

/// Serve the log, its API and its pages
#[derive(Args, Debug)]
pub(crate) struct ServeArgs {
    /// Address to listen at
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7070")]
    listen: SocketAddr,
    /// Address of the Prometheus metrics, which need no sign-in: keep it inside
    #[arg(long, value_name = "ADDR")]
    metrics: Option<SocketAddr>,
    /// Certificate chain in PEM form
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_certificates: Option<PathBuf>,
    /// Private key of the certificate in PEM form
    #[arg(long, value_name = "FILE", requires = "tls_certificates")]
    tls_key: Option<PathBuf>,
    /// TLS ends at a proxy in front of this server, and people reach it by nothing else: sessions are kept from plain connections
    #[arg(long, conflicts_with = "tls_certificates")]
    behind_tls: bool,
    /// Trust policy (C2SP tlog-policy) whose witnesses are asked to cosign
    #[arg(long, value_name = "FILE")]
    witnesses: Option<PathBuf>,
    /// Log each piece of a device's evidence singly, also what changes nothing and would be rolled up
    #[arg(long)]
    no_roll_up: bool,
}

/// Make a one-use code to sign in to the pages; valid for ten minutes
#[derive(Args, Debug)]
pub(crate) struct SignInArgs {}

impl ServeArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let tls =
            self.tls_certificates.zip(self.tls_key).map(|(certificates, key)| TlsFiles { certificates, key });
        let witnesses = self.witnesses.as_deref().map(read_policy).transpose()?;
        let serving = Serving {
            listen: self.listen,
            metrics: self.metrics,
            tls,
            behind_tls: self.behind_tls,
            witnesses,
            roll_up: !self.no_roll_up,
        };
        serve(&context.ui, &context.data, serving)?;
        Ok(Verdict::Holds)
    }
}

impl SignInArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        context.data.config()?;
        if !context.ui.is_terminal() {
            return Err(Failure::input("making a sign-in code", "a code is shown on a terminal only"));
        }
        let code = auth(&context.data, false)?.issue_code();
        let code = code.map_err(|e| Failure::environment("making a sign-in code", e))?;
        context.ui.note(format!("Sign in with the code {code} within ten minutes. It works once."));
        Ok(Verdict::Holds)
    }
}
