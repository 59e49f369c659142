//! What is wrong with a value, and where.

/// The field and the rule it breaks. It never quotes the value: that may be a secret.
pub(crate) struct Fault(Box<Inner>);

struct Inner {
    /// Empty for the whole value.
    path: String,
    rule: Rule,
}

#[derive(Clone, Copy)]
enum Rule {
    Missing,
    Must(&'static str),
    OneOf(&'static [&'static str]),
}

impl Fault {
    /// "must be …".
    #[cold]
    pub(crate) fn must(rule: &'static str) -> Fault {
        Fault::new(Rule::Must(rule))
    }

    #[cold]
    pub(crate) fn one_of(names: &'static [&'static str]) -> Fault {
        Fault::new(Rule::OneOf(names))
    }

    #[cold]
    pub(crate) fn missing() -> Fault {
        Fault::new(Rule::Missing)
    }

    fn new(rule: Rule) -> Fault {
        let path = String::new();
        Fault(Box::new(Inner { path, rule }))
    }

    /// The same, in a member of this name.
    #[cold]
    pub(crate) fn within(mut self, name: &str) -> Fault {
        let dot = match self.0.path.as_bytes().first() {
            None | Some(b'[') => "",
            Some(_) => ".",
        };
        self.0.path = [name, dot, &self.0.path].concat();
        self
    }

    /// Where; empty for the whole value.
    pub(crate) fn path(&self) -> &str {
        &self.0.path
    }

    pub(crate) fn is_missing(&self) -> bool {
        matches!(self.0.rule, Rule::Missing)
    }

    /// What it must be: "must be a text".
    pub(crate) fn rule(&self) -> String {
        match self.0.rule {
            Rule::Missing => "must be there".to_owned(),
            Rule::Must(rule) => rule.to_owned(),
            Rule::OneOf(names) => ["must be one of `", &names.join("`, `"), "`"].concat(),
        }
    }
}
