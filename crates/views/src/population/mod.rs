//! Advisories, components, releases and devices joined: who is affected, who is not and why, and who nobody can tell.
