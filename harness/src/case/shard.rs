//! `--shard I/N`: which cases are left to this one of several jobs.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One of `of` parts of the cases, counted from 1.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "shard")]
pub struct Shard {
    #[schemars(range(min = 1))]
    pub index: usize,
    #[schemars(range(min = 1))]
    pub of: usize,
}

/// More jobs than there are cases help nobody.
const MOST: usize = 9999;

impl Shard {
    /// Whether the case at this place among all cases, counted from 0, is in this shard. Neither
    /// filters nor runtimes move a case to another shard, so every job may choose its own. And
    /// neighbours, which take about as long as each other, are spread.
    pub fn holds(self, place: usize) -> bool {
        place % self.of == self.index - 1
    }

    /// All the shards that this is one of.
    pub fn all(self) -> impl Iterator<Item = Shard> {
        (1..=self.of).map(move |index| Shard { index, of: self.of })
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Shard, String> {
        let number = |text: &str| text.parse::<usize>().ok().filter(|_| !text.starts_with('+'));
        let parts = text.split_once('/').and_then(|(i, n)| Some((number(i)?, number(n)?)));
        match parts {
            Some((index, of)) if (1..=of).contains(&index) && of <= MOST => Ok(Shard { index, of }),
            Some((0, of)) if (1..=MOST).contains(&of) => {
                Err(format!("shards are counted from 1: the first is 1/{of}"))
            }
            Some((index, of)) if index > of && (1..=MOST).contains(&of) => {
                Err(format!("there is no shard {index} of {of}: the last is {of}/{of}"))
            }
            _ => Err(format!("write it as I/N, from 1/N to N/N, with N from 1 to {MOST}")),
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_share_out_every_case_once_and_evenly() {
        for of in [1, 2, 3, 7, 50] {
            let mut counts = vec![0; of];
            for place in 0..1000 {
                let of_case: Vec<usize> =
                    (1..=of).filter(|&index| Shard { index, of }.holds(place)).collect();
                assert_eq!(of_case.len(), 1, "{place} of {of}");
                counts[of_case[0] - 1] += 1;
            }
            let (least, most) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
            assert!(most - least <= 1, "{counts:?}");
        }
    }

    #[test]
    fn what_is_no_shard_is_refused() {
        assert_eq!("2/3".parse(), Ok(Shard { index: 2, of: 3 }));
        assert_eq!("1/1".parse(), Ok(Shard { index: 1, of: 1 }));
        let refused = |text: &str| text.parse::<Shard>().unwrap_err();
        assert_eq!(refused("0/3"), "shards are counted from 1: the first is 1/3");
        assert_eq!(refused("4/3"), "there is no shard 4 of 3: the last is 3/3");
        for text in
            ["", "x", "1", "1/", "/3", "1/0", "0/0", "-1/3", "+1/3", "1/3/5", "1.5/3", "1/99999"]
        {
            assert!(refused(text).starts_with("write it as I/N"), "{text}");
        }
    }
}
