//! From an advisory to devices.

use crate::api::affected;
use crate::api::openapi::{Operation, schema};
use crate::api::problem::Code;
use crate::api::table::Table;

const TAG: &str = "vulnerabilities";
const NAME: &str =
    "A CVE or another name of the vulnerability, or a package URL; its slashes stand as they are.";

pub(super) fn add(table: Table) -> Table {
    let devices = "Devices with some verdicts, and what is counted of all.";
    table
        .get(
            affected::all,
            Operation::new(
                TAG,
                "/api/v1/vulnerabilities",
                "listVulnerabilities",
                "Vulnerabilities that concern releases",
            )
            .reads()
            .json("Vulnerabilities", "All of them, with devices by verdict.")
            .problems(&[Code::Busy]),
        )
        .get(
            affected::one,
            Operation::new(
                TAG,
                "/api/v1/affected/{*id}",
                "listAffected",
                "Who is affected, or carries a component",
            )
            .says("With `format` every device of the present, a line each, without pages.")
            .reads()
            .at("id", schema::text(), NAME)
            .when()
            .known()
            .may(
                "list",
                schema::text(),
                "Verdicts to list, with commas; `all` for every one; `affected` unless it is said.",
            )
            .limit(views::population::MAX_PAGE, 100)
            .may("after", schema::text(), "`next` of the page before; give its `at` and `known` too.")
            .may("prove", schema::flag(), "Adds the entries the answer rests on, with proofs.")
            .may("format", schema::words(&["csv", "jsonl"]), "The whole list of the present in this form.")
            .json("Affected", devices)
            .gives(200, "text/csv", schema::text(), devices)
            .gives(200, "application/jsonl", schema::text(), devices)
            .problems(&[Code::NotFound, Code::TooLarge, Code::Busy]),
        )
        .get(
            affected::trend,
            Operation::new(
                TAG,
                "/api/v1/trend/{*id}",
                "getTrend",
                "Affected, undetermined and corrected devices over time",
            )
            .reads()
            .at("id", schema::text(), NAME)
            .json("Trend", "As known now.")
            .problems(&[Code::BadRequest, Code::NotFound, Code::Busy]),
        )
}
