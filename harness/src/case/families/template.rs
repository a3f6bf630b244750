//! Placeholders: the `{word}`s in a family's transcript and title, and their values for one call.

use std::collections::{BTreeMap, BTreeSet};

use super::schema::WireTemplate;
use crate::case::refuse::{Wrong, wrong};
use crate::case::schema::WireStatement;

/// The placeholder of the call's expected result, which may be one of several.
pub const RESULT: &str = "result";

/// The value of each placeholder.
pub struct Values {
    /// Several texts repeat the statement.
    pub texts: BTreeMap<String, Vec<String>>,
    pub results: Vec<String>,
}

impl Values {
    /// The statements of a template.
    pub fn statements(&self, template: &WireTemplate) -> Result<Vec<WireStatement>, Wrong> {
        match template {
            WireTemplate::Several { call, any_of } => {
                let results = self.results(any_of)?;
                let statement = |call: String| WireStatement {
                    call: call.trim().to_owned(),
                    results: results.clone(),
                };
                Ok(self.fill(call)?.into_iter().map(statement).collect())
            }
            WireTemplate::Line(line) => match line.split_once(" -> ") {
                Some((call, result)) => {
                    let any_of = vec![result.to_owned()];
                    self.statements(&WireTemplate::Several { call: call.to_owned(), any_of })
                }
                None => {
                    let parse = |line: String| {
                        WireStatement::parse(&line)
                            .or_else(|what| wrong(what, "write it as `call -> result`"))
                    };
                    self.fill(line)?.into_iter().map(parse).collect()
                }
            },
        }
    }

    fn results(&self, templates: &[String]) -> Result<Vec<String>, Wrong> {
        let whole = format!("{{{RESULT}}}");
        let mut results = Vec::new();
        for template in templates {
            if *template == whole {
                results.extend(self.results.iter().cloned());
            } else {
                results.push(self.single(template)?);
            }
        }
        Ok(results)
    }

    /// Fills in a text in which every placeholder has one value.
    pub fn single(&self, template: &str) -> Result<String, Wrong> {
        match <[String; 1]>::try_from(self.fill(template)?) {
            Ok([text]) => Ok(text),
            Err(_) => wrong(
                format!("`{template}` can only stand for one text"),
                "give its placeholders one text each",
            ),
        }
    }

    /// The texts of a template: one for each value of a placeholder with several.
    fn fill(&self, template: &str) -> Result<Vec<String>, Wrong> {
        let mut filled = vec![String::new()];
        for part in parts(template) {
            let texts = match part {
                Part::Plain(text) => vec![text.to_owned()],
                Part::Placeholder(word) => match (word, self.texts.get(word), &self.results[..]) {
                    (RESULT, _, [result]) => vec![result.clone()],
                    (_, Some(texts), _) => texts.clone(),
                    _ => {
                        let what = format!("the family has `{{{word}}}`, and no text for it");
                        return wrong(what, "give one in `with`");
                    }
                },
            };
            filled = filled
                .iter()
                .flat_map(|before| texts.iter().map(move |text| format!("{before}{text}")))
                .collect();
        }
        Ok(filled)
    }
}

/// The placeholders of a template.
pub fn placeholders(template: &WireTemplate) -> BTreeSet<&str> {
    let texts = match template {
        WireTemplate::Line(line) => std::slice::from_ref(line).iter().chain(&[]),
        WireTemplate::Several { call, any_of } => std::slice::from_ref(call).iter().chain(any_of),
    };
    texts.flat_map(|text| placeholders_of(text)).collect()
}

/// The placeholders of a text.
pub fn placeholders_of(text: &str) -> impl Iterator<Item = &str> {
    parts(text).into_iter().filter_map(|part| match part {
        Part::Placeholder(word) => Some(word),
        Part::Plain(_) => None,
    })
}

enum Part<'a> {
    Plain(&'a str),
    /// The word between braces.
    Placeholder(&'a str),
}

fn parts(template: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = template;
    while let Some((before, (word, after))) =
        rest.split_once('{').and_then(|(before, after)| Some((before, after.split_once('}')?)))
    {
        parts.push(Part::Plain(before));
        parts.push(Part::Placeholder(word));
        rest = after;
    }
    parts.push(Part::Plain(rest));
    parts
}
