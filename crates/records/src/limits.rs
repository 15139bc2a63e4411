//! Every bound of this crate in one place, with its unit. A bound met is reported, never passed over.

/// Largest record file that is read, in bytes.
pub const MAX_FILE_BYTES: u64 = 16 * 1024 * 1024;
/// Largest front matter, in bytes.
pub const MAX_FRONT_MATTER_BYTES: usize = 64 * 1024;
/// Most YAML events taken from one front matter.
pub const MAX_YAML_EVENTS: usize = 20_000;
/// Deepest nesting of front matter: the map, `links`, a list of targets.
pub const MAX_YAML_DEPTH: usize = 3;
/// Most fields (link types included) of one record.
pub const MAX_FIELDS: usize = 256;
/// Most values of one field, or targets of one link type.
pub const MAX_VALUES: usize = 10_000;
/// Longest identifier or field name, in bytes.
pub const MAX_NAME_BYTES: usize = 128;
/// Most records in one set; also bounds node numbers to 32 bits with room for dangling ids.
pub const MAX_RECORDS: usize = 2_000_000;
/// Most files read from one working tree.
pub const MAX_FILES: usize = 2_000_000;
/// Deepest folder below a record root.
pub const MAX_FOLDER_DEPTH: usize = 32;
/// Most problems kept in full; the rest are counted.
pub const MAX_PROBLEMS: usize = 10_000;
/// Largest configuration, profile or lock file, in bytes.
pub const MAX_LOCK_BYTES: u64 = 512 * 1024 * 1024;
/// Largest `vouchsafe.toml`, in bytes.
pub const MAX_CONFIG_BYTES: u64 = 4 * 1024 * 1024;
/// Most records one transitive walk of a rule visits; a rule that meets it does not hold.
pub const MAX_WALK: usize = 100_000;
/// Deepest nesting of a rule's expression.
pub const MAX_EXPRESSION_DEPTH: usize = 16;
/// Longest excerpt line shown, in characters.
pub const MAX_EXCERPT_CHARS: usize = 160;
/// Most editorial changes followed from one stamped revision.
pub const MAX_EDITORIAL_CHAIN: usize = 1_000;
/// Most files of code of one product.
pub const MAX_CODE_FILES: usize = 200_000;
/// Largest file of code that is looked into, in bytes.
pub const MAX_CODE_FILE_BYTES: usize = 4 * 1024 * 1024;
/// Most marks of one file of code.
pub const MAX_MARKS: usize = 10_000;
/// Most findings about code shown for one rule.
pub const MAX_CODE_FINDINGS: usize = 10_000;
