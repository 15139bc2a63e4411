//! `vouchsafe witness …`: cosigning the checkpoints of other logs (C2SP tlog-witness).

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};
use server::run::{Connections, TlsFiles, serve_router};
use server::witness::{Witness, WitnessConfig};
use tlog::SigningKey;
use zeroize::Zeroizing;

use super::Context;
use super::verify::read_policy;
use crate::clock::{SystemClock, random};
use crate::data::{self, private_directory};
use crate::failure::{Failure, Verdict};
use crate::serve::{ended, failed, runtime};

#[derive(Subcommand, Debug)]
pub(crate) enum WitnessCommand {
    /// Serve a witness
    Serve(WitnessServeArgs),
}

/// Serve a witness
///
/// Cosigns checkpoints of the logs it knows, once it has checked that each extends the last one it cosigned. Its keys are made
/// on the first start with them.
#[derive(Args, Debug)]
pub(crate) struct WitnessServeArgs {
    /// Directory of the witness: its key, and what it cosigned last
    #[arg(long, value_name = "DIR")]
    directory: PathBuf,
    /// Name of the witness for ever, such as witness.example.org/north
    #[arg(long, value_name = "NAME")]
    name: String,
    /// Policy (C2SP tlog-policy) whose logs it follows, such as another operator's log.policy; give it once for each
    #[arg(long, value_name = "FILE", required = true)]
    log: Vec<PathBuf>,
    /// Cosign with an ML-DSA-44 key too, for policies that shall outlast Ed25519
    #[arg(long)]
    ml_dsa: bool,
    /// Address to listen at
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7071")]
    listen: SocketAddr,
    /// Certificate chain in PEM form
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_certificates: Option<PathBuf>,
    /// Private key of the certificate in PEM form
    #[arg(long, value_name = "FILE", requires = "tls_certificates")]
    tls_key: Option<PathBuf>,
}

impl WitnessCommand {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let Self::Serve(args) = self;
        args.run(context)
    }
}

impl WitnessServeArgs {
    fn run(self, context: &Context) -> Result<Verdict, Failure> {
        private_directory(&self.directory)?;
        let mut keys = vec![self.key("witness.key", SigningKey::cosigner)?];
        if self.ml_dsa {
            keys.push(self.key("witness-ml-dsa.key", SigningKey::ml_dsa_44)?);
        }
        let verifiers: Vec<String> = keys.iter().map(|key| key.verifier().to_string()).collect();
        let verifiers = verifiers.join("\n");
        let word = if self.ml_dsa { "keys" } else { "key" };
        let mut logs = Vec::new();
        for path in &self.log {
            logs.extend(read_policy(path)?.logs().iter().map(|log| log.key.clone()));
        }
        if logs.is_empty() {
            return Err(Failure::input("starting the witness", "the policies name no log"));
        }
        let config = WitnessConfig { keys, logs };
        let witness = Witness::open(&self.directory.join("logs"), config, Arc::new(SystemClock))
            .map_err(|e| Failure::environment("starting the witness", e))?;
        let tls =
            self.tls_certificates.zip(self.tls_key).map(|(certificates, key)| TlsFiles { certificates, key });
        let scheme = if tls.is_some() { "https" } else { "http" };
        let ui = &context.ui;
        let bound = |address: SocketAddr| {
            ui.note(format!(
                "Witnessing at {scheme}://{address} with the {word}\n{verifiers}\nCtrl-C ends it."
            ));
        };
        let router = witness.router();
        let serving = serve_router(self.listen, tls.as_ref(), Connections::default(), router, bound, ended());
        runtime()?.block_on(serving).map_err(|e| failed(&e))?;
        Ok(Verdict::Holds)
    }

    /// A key of the witness: made on the first start with it.
    fn key(
        &self,
        file: &str,
        make: fn(&str, &[u8; 32]) -> Result<SigningKey, tlog::Error>,
    ) -> Result<SigningKey, Failure> {
        let path = self.directory.join(file);
        let bad = |e: tlog::Error| Failure::input(format!("the key of the witness, {}", path.display()), e);
        if !path.exists() {
            let key = make(&self.name, &random()?).map_err(bad)?;
            data::write_new(&path, format!("{}\n", *key.to_skey()).as_bytes(), true)?;
        }
        let text =
            Zeroizing::new(fs::read_to_string(&path).map_err(|e| Failure::file("reading", &path, &e))?);
        let key = SigningKey::parse(text.trim_end()).map_err(bad)?;
        if key.name() == self.name {
            return Ok(key);
        }
        let problem = format!("it is named {}, not {}", key.name(), self.name);
        Err(Failure::input(format!("reading {}", path.display()), problem)
            .hint("a witness keeps its name for ever"))
    }
}
