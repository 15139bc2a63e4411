//! Records at a moment: the record set that the log amounts to, for the rules, the pages and the programs.
