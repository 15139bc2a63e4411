//! What the product file at hand says of product, item and line, where the options do not.

use clap::Args;
use records::config::{CONFIG_FILE, Config};
use records::tree;

use crate::failure::Failure;

/// Most bytes of a product file.
const MAX_BYTES: u64 = 1 << 20;

/// Which product and line.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Scope {
    /// Product [default: of vouchsafe.toml here or above: its Basic UDI-DI, else its name]
    #[arg(long)]
    product: Option<String>,
    /// Maintained branch [default: that of the item in vouchsafe.toml, else of the product]
    #[arg(long)]
    line: Option<String>,
}

/// The product file of this folder or the nearest one above; `None` where there is none.
fn nearest() -> Result<Option<Config>, Failure> {
    let here = std::env::current_dir().map_err(|e| Failure::environment("finding the product file", e))?;
    let Ok(root) = tree::find_root(&here) else { return Ok(None) };
    let path = root.join(CONFIG_FILE);
    let doing = || format!("reading {}", path.display());
    let length = std::fs::metadata(&path).map_err(|e| Failure::file("reading", &path, &e))?.len();
    if length > MAX_BYTES {
        return Err(Failure::input(doing(), format!("{length} bytes are no product file")));
    }
    let text = std::fs::read_to_string(&path).map_err(|e| Failure::file("reading", &path, &e))?;
    Config::parse(&text).map(Some).map_err(|e| Failure::input(doing(), e))
}

/// What is named when it is neither given nor in a product file.
fn missing(what: &str) -> Failure {
    Failure::input(
        format!("finding the {what}"),
        "neither the options nor a vouchsafe.toml here or above name it",
    )
    .hint(format!("give `--{what}`, or begin a product file with `vouchsafe init`"))
}

impl Scope {
    /// Product, item and line that are meant; `item` is what the options say.
    pub(crate) fn resolve(&self, item: Option<&str>) -> Result<(String, String, String), Failure> {
        let config = nearest()?;
        let config = config.as_ref();
        let product = self.product_of(config)?;
        let items: Vec<&String> = config.iter().flat_map(|c| c.items.keys()).collect();
        let item = match (item, items.as_slice()) {
            (Some(item), _) => item.to_owned(),
            (None, [only]) => (*only).clone(),
            (None, []) => return Err(missing("item")),
            (None, several) => {
                let names: Vec<&str> = several.iter().map(|s| s.as_str()).collect();
                return Err(Failure::input(
                    "finding the item",
                    format!("the product has {}", names.join(", ")),
                )
                .hint("give `--item`"));
            }
        };
        // An item that the product file does not know is a slip more often than a new item.
        if let (Some(config), None) = (config, &self.product)
            && !config.items.is_empty()
            && !config.items.contains_key(&item)
        {
            return Err(Failure::input("finding the item", format!("vouchsafe.toml has no item `{item}`"))
                .hint("name one of its items, or add it to the product file"));
        }
        let line = self
            .line
            .clone()
            .or_else(|| config?.items.get(&item)?.line.clone())
            .or_else(|| Some(config?.product.line.clone()))
            .ok_or_else(|| missing("line"))?;
        Ok((product, item, line))
    }

    /// The product that is meant.
    pub(crate) fn product(&self) -> Result<String, Failure> {
        match &self.product {
            Some(product) => Ok(product.clone()),
            None => self.product_of(nearest()?.as_ref()),
        }
    }

    /// The product that is meant, if any is: for looking, where all may be meant.
    pub(crate) fn product_if_any(&self) -> Result<Option<String>, Failure> {
        match &self.product {
            Some(product) => Ok(Some(product.clone())),
            None => nearest()?.map(|config| self.product_of(Some(&config))).transpose(),
        }
    }

    /// Names under which the product's records and baselines may stand: its own, and the one that the product file prints.
    pub(crate) fn product_names(&self, product: &str) -> Result<Vec<String>, Failure> {
        let printed = nearest()?.map(|config| config.product.name).filter(|name| name != product);
        Ok(std::iter::once(product.to_owned()).chain(printed).collect())
    }

    /// The line of the product as a whole: records and baselines may be kept in it, whatever the item's own is called.
    pub(crate) fn product_line(&self) -> Result<Option<String>, Failure> {
        match &self.line {
            Some(line) => Ok(Some(line.clone())),
            None => Ok(nearest()?.map(|config| config.product.line)),
        }
    }

    fn product_of(&self, config: Option<&Config>) -> Result<String, Failure> {
        // As devices are enrolled with it, so that measurements and releases meet.
        self.product
            .clone()
            .or_else(|| config.map(|config| config.product.id().to_owned()))
            .ok_or_else(|| missing("product"))
    }
}
