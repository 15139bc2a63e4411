//! `vouchsafe fleet count`.

use clap::Args;
use serde_json::Value;

use super::super::Context;
use super::ask::{AskArgs, ProveArgs, moments};
use super::place::{Place, Question};
use crate::failure::{Failure, Verdict};
use crate::text;

/// Count the devices a condition holds for, by how their state is known
///
/// A count is the length of the list of the same condition at the same moments.
#[derive(Args, Debug)]
pub(crate) struct CountArgs {
    /// Condition, such as 'model = P1 and version:firmware < 2.2.0'; docs/concepts/fleet.md has the grammar
    #[arg(long = "where", value_name = "EXPR", default_value = "", hide_default_value = true)]
    condition: String,
    #[command(flatten)]
    ask: AskArgs,
    #[command(flatten)]
    prove: ProveArgs,
}

impl CountArgs {
    pub(super) fn run(self, context: &Context) -> Result<Verdict, Failure> {
        let place = self.ask.place(context)?;
        let question = Question { ask: &self.ask, condition: &self.condition, prove: self.prove.prove };
        let mut answer = place.count(&question)?;
        self.prove.keep(&answer)?;
        let retired = self.retired(&place, &answer)?;
        let ui = &context.ui;
        if ui.is_json() {
            if let Some(members) = answer.as_object_mut() {
                members.insert("retired".into(), retired.into());
            }
            ui.json(&answer)?;
            return Ok(Verdict::Holds);
        }
        let number = |value: Option<&Value>| value.and_then(Value::as_u64).unwrap_or_default();
        let grade = |name| text::count(number(answer.get("grades").and_then(|g| g.get(name))));
        ui.print(ui.bold(&text::plural(number(answer.get("count")), "device", "devices")))?;
        let mut pairs = vec![
            ("attested", grade("attested")),
            ("reported", grade("reported")),
            ("declared", grade("declared")),
        ];
        if retired > 0 {
            pairs.push(("of these retired", text::count(retired)));
        }
        pairs.extend(self.prove.pairs(&answer));
        ui.pairs(&pairs)?;
        moments(context, &answer);
        Ok(Verdict::Holds)
    }

    /// How many of them are out of use: they count, because what they ran and carried stays a question.
    fn retired(&self, place: &Place, answer: &Value) -> Result<u64, Failure> {
        let condition = match self.condition.trim() {
            "" => "custody = retired".to_owned(),
            condition => format!("({condition}) and custody = retired"),
        };
        // At the very moments of the answer.
        let ask = self.ask.as_answered(answer);
        let retired = place.count(&Question { ask: &ask, condition: &condition, prove: false })?;
        Ok(retired.get("count").and_then(Value::as_u64).unwrap_or_default())
    }
}
