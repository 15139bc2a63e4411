//! The addresses of the design history, and what is said of them.

use crate::api::openapi::{Operation, schema};
use crate::api::problem::Code;
use crate::api::table::Table;

use super::{PAGE, baselines, beside, commits, lines, links, records, results, rules, signatures};

const TAG: &str = "design";

fn new(route: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation::new(TAG, route, id, summary).reads().when().known()
}

/// About one line.
fn of_line(operation: Operation) -> Operation {
    operation
        .may("product", schema::text(), "The product, where the log has several.")
        .may("line", schema::text(), "The line, where the product has several.")
        .problems(&[Code::NotFound])
}

/// In pages.
fn paged(operation: Operation) -> Operation {
    let (most, usual) = PAGE;
    operation.limit(most, usual).may("after", schema::text(), "`next` of the page before.")
}

/// Adds the addresses to the table.
pub(in crate::api) fn described(table: Table) -> Table {
    let page = "The page.";
    table
        .get(lines, new("/api/v1/lines", "listLines", "Products and lines").json("Lines", "All of them."))
        .get(
            records,
            paged(of_line(new("/api/v1/records", "listRecords", "The present revision of each record")))
                .json("Records", page),
        )
        .get(
            rules::record,
            of_line(new("/api/v1/records/{id}", "getRecord", "One record, with all that is known of it"))
                .at("id", schema::text(), "Its identifier.")
                .json(
                    "Record",
                    "Its present revision, links both ways, gaps, history, results and signatures.",
                ),
        )
        .get(links, paged(of_line(new("/api/v1/links", "listLinks", "Accepted links"))).json("Links", page))
        .get(
            results,
            paged(of_line(new("/api/v1/results", "listResults", "Every result, by test")))
                .may("commit", schema::text(), "Of this commit only.")
                .json("Results", page),
        )
        .get(
            commits,
            paged(of_line(new("/api/v1/commits", "listCommits", "Commits in the order they were pushed")))
                .json("Commits", page),
        )
        .get(
            baselines,
            paged(of_line(new("/api/v1/baselines", "listBaselines", "Baselines by name")))
                .json("Baselines", page),
        )
        .get(
            signatures,
            paged(new("/api/v1/signatures", "listSignatures", "Signatures of persons, by record"))
                .may("record", schema::text(), "Over this record only, without pages.")
                .json("Signatures", "Statements and signatures verbatim."),
        )
        .get(
            beside::reviews,
            paged(of_line(new("/api/v1/reviews", "listReviews", "The last statement of each review")))
                .json("Reviews", page),
        )
        .get(
            beside::coverage,
            paged(of_line(new("/api/v1/coverage", "listCoverage", "Reports of coverage, by item")))
                .may("commit", schema::text(), "Of this commit only.")
                .json("Coverage", page),
        )
        .get(
            beside::analyses,
            paged(of_line(new("/api/v1/analyses", "listAnalyses", "Reports of static analysis, by item")))
                .may("commit", schema::text(), "Of this commit only.")
                .json("Analyses", page),
        )
        .get(
            beside::tags,
            paged(of_line(new("/api/v1/tags", "listTags", "Tags, as they point now"))).json("Tags", page),
        )
        .get(
            beside::imported,
            paged(new(
                "/api/v1/imported-approvals",
                "listImportedApprovals",
                "What other tools said was approved: statements, never signatures",
            ))
            .may("record", schema::text(), "Of this record only, without pages.")
            .json("ImportedApprovals", page),
        )
        .get(
            rules::gaps,
            of_line(new("/api/v1/gaps", "listGaps", "What the rules say is missing"))
                .may("record", schema::text(), "At this record only.")
                .json("Gaps", "As `vouchsafe check --format json` says it."),
        )
        .get(
            rules::trace,
            of_line(new("/api/v1/trace", "getTrace", "The matrix between kinds of records"))
                .must("kinds", schema::text(), "Kinds with commas, rows first.")
                .json("Trace", "Rows, and what no row leads to."),
        )
        .get(
            rules::risk,
            of_line(new("/api/v1/risk", "getRisks", "Risks before and after control"))
                .json("Risks", "As `vouchsafe risk --format json` says it."),
        )
}
