//! Which variants of a multivariant playlist are wanted, and what falls away with the others.

use super::attributes::{Attribute, value};
use crate::error::Error;
use crate::few::Map;

/// A wish for variants, as callers spell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// `best`: the one of the highest bandwidth.
    Best,
    /// `worst`: the one of the lowest bandwidth.
    Worst,
    /// `720p`: those of this height.
    Height(u64),
    /// `<=720p`: those of this height at the most.
    MaxHeight(u64),
    /// `2500000`: those of this bandwidth, in bit/s.
    Bandwidth(u64),
    /// `<=2500000`: those of this bandwidth at the most.
    MaxBandwidth(u64),
    /// `name=HD`: those whose NAME or STABLE-VARIANT-ID it is.
    Name(String),
}

impl Choice {
    /// # Errors
    /// `InvalidArgument` (`variants`).
    pub fn parse(text: &str) -> Result<Choice, Error> {
        let text = text.trim();
        let (at_most, number) = match text.strip_prefix("<=") {
            Some(number) => (true, number.trim()),
            None => (false, text),
        };
        let height = number
            .strip_suffix('p')
            .and_then(|height| height.parse().ok());
        match (text, height, number.parse()) {
            ("best", ..) => Ok(Choice::Best),
            ("worst", ..) => Ok(Choice::Worst),
            (_, Some(height), _) if at_most => Ok(Choice::MaxHeight(height)),
            (_, Some(height), _) => Ok(Choice::Height(height)),
            (_, None, Ok(bandwidth)) if at_most => Ok(Choice::MaxBandwidth(bandwidth)),
            (_, None, Ok(bandwidth)) => Ok(Choice::Bandwidth(bandwidth)),
            _ => match text.strip_prefix("name=") {
                Some(name) if !name.is_empty() => Ok(Choice::Name(name.to_owned())),
                _ => {
                    let rule = format!(
                        "must be of best, worst, 720p, <=720p, 2500000 (bit/s), <=2500000, name=…; got {text:?}"
                    );
                    Err(Error::invalid("variants", rule))
                }
            },
        }
    }

    fn fits(&self, variant: &Variant, all: &[Variant]) -> bool {
        let bandwidths = || all.iter().map(|variant| variant.bandwidth);
        match self {
            Choice::Best => Some(variant.bandwidth) == bandwidths().max(),
            Choice::Worst => Some(variant.bandwidth) == bandwidths().min(),
            Choice::Height(height) => variant.height() == Some(*height),
            Choice::MaxHeight(most) => variant.height().is_some_and(|height| height <= *most),
            Choice::Bandwidth(bandwidth) => variant.bandwidth == *bandwidth,
            Choice::MaxBandwidth(most) => variant.bandwidth <= *most,
            Choice::Name(name) => variant.names.contains(name),
        }
    }
}

/// A variant stream: its `EXT-X-STREAM-INF`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Variant {
    bandwidth: u64,
    resolution: Option<String>,
    names: Vec<String>,
    /// Type and id of the groups of renditions it plays with.
    groups: Vec<(&'static str, String)>,
    /// Its lines, by number: the tag's, and that of its URI.
    pub(super) lines: Vec<usize>,
}

const GROUPS: [&str; 4] = ["AUDIO", "VIDEO", "SUBTITLES", "CLOSED-CAPTIONS"];

impl Variant {
    pub(super) fn of(list: &[Attribute<'_>], line: usize) -> Variant {
        let text = |name| value(list, name).map(str::to_owned);
        let groups = GROUPS
            .into_iter()
            .filter_map(|group| Some((group, text(group)?)));
        Variant {
            bandwidth: value(list, "BANDWIDTH")
                .and_then(|bandwidth| bandwidth.trim().parse().ok())
                .unwrap_or(0),
            resolution: text("RESOLUTION"),
            names: [text("NAME"), text("STABLE-VARIANT-ID")]
                .into_iter()
                .flatten()
                .collect(),
            groups: groups.collect(),
            lines: vec![line],
        }
    }

    fn height(&self) -> Option<u64> {
        let (_, height) = self.resolution.as_deref()?.split_once(['x', 'X'])?;
        height.trim().parse().ok()
    }

    fn shown(&self) -> String {
        match self.height() {
            Some(height) => format!("{height}p at {} bit/s", self.bandwidth),
            None => format!("{} bit/s", self.bandwidth),
        }
    }
}

/// A rendition or a list of stills, which goes with variants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Companion {
    /// Type and id of a rendition's group.
    group: Option<(String, String)>,
    /// Resolution of a list of stills.
    resolution: Option<String>,
    line: usize,
}

impl Companion {
    pub(super) fn rendition(list: &[Attribute<'_>], line: usize) -> Companion {
        let text = |name| value(list, name).unwrap_or_default().to_owned();
        Companion {
            group: Some((text("TYPE"), text("GROUP-ID"))),
            resolution: None,
            line,
        }
    }

    pub(super) fn stills(list: &[Attribute<'_>], line: usize) -> Companion {
        Companion {
            group: None,
            resolution: value(list, "RESOLUTION").map(str::to_owned),
            line,
        }
    }

    /// A group that no chosen variant plays with falls away, and stills in the size of variants that do.
    fn goes_with(&self, chosen: &[&Variant], others: &[&Variant]) -> bool {
        let of_size = |variant: &&Variant| variant.resolution == self.resolution;
        match &self.group {
            Some((kind, id)) => chosen
                .iter()
                .flat_map(|variant| &variant.groups)
                .any(|(known, group)| known == kind && group == id),
            None => chosen.iter().any(of_size) || !others.iter().any(of_size),
        }
    }
}

/// The numbers of the lines that fall away.
///
/// # Errors
/// `InvalidArgument` (`variants`), telling which there are.
pub(super) fn dropped(
    choices: &[Choice],
    variants: &[Variant],
    companions: &[Companion],
) -> Result<Map<usize, ()>, Error> {
    let fits = |variant: &&Variant| choices.iter().any(|choice| choice.fits(variant, variants));
    let (chosen, others): (Vec<&Variant>, Vec<&Variant>) = variants.iter().partition(fits);
    if chosen.is_empty() {
        let there: Vec<String> = variants.iter().map(Variant::shown).collect();
        let rule = format!("fit none of the variants: {}", there.join(", "));
        return Err(Error::invalid("variants", rule));
    }
    let left = companions
        .iter()
        .filter(|companion| !companion.goes_with(&chosen, &others))
        .map(|companion| companion.line);
    let lines = others.iter().flat_map(|variant| &variant.lines).copied();
    Ok(lines.chain(left).map(|line| (line, ())).collect())
}

#[cfg(test)]
mod tests {
    use super::super::attributes::attributes;
    use super::*;

    fn chosen(choices: &[&str]) -> Result<Vec<usize>, Error> {
        let variants: Vec<Variant> = [
            "BANDWIDTH=1000,RESOLUTION=640x360,NAME=\"sd\"",
            "BANDWIDTH=2000,RESOLUTION=1280x720,AUDIO=\"hi\"",
            "BANDWIDTH=3000,RESOLUTION=1280x720,STABLE-VARIANT-ID=\"top\"",
            "BANDWIDTH=100",
        ]
        .into_iter()
        .zip(1..)
        .map(|(list, line)| Variant::of(&attributes(list, 0), line))
        .collect();
        let choices: Result<Vec<Choice>, Error> =
            choices.iter().map(|text| Choice::parse(text)).collect();
        let dropped = dropped(&choices?, &variants, &[])?;
        Ok((1..=4).filter(|line| !dropped.contains(*line)).collect())
    }

    #[test]
    fn variants_are_chosen_by_height_bandwidth_and_name() {
        for (choices, lines) in [
            (vec!["best"], vec![3]),
            (vec!["worst"], vec![4]),
            (vec!["720p"], vec![2, 3]),
            (vec!["<=719p"], vec![1]),
            (vec!["2000"], vec![2]),
            (vec!["<=2000"], vec![1, 2, 4]),
            (vec!["name=sd", "name=top"], vec![1, 3]),
            (vec![" 360p", "best"], vec![1, 3]),
        ] {
            assert_eq!(chosen(&choices).unwrap(), lines, "{choices:?}");
        }
    }

    #[test]
    fn a_choice_that_fits_nothing_tells_what_there_is() {
        let error = chosen(&["1080p"]).unwrap_err();
        assert!(error.message.contains("720p at 3000 bit/s"), "{error}");
        for text in ["", "bester", "name=", "p", "<=", "-1p", "<720p"] {
            assert!(Choice::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn groups_and_stills_fall_away_with_their_variants() {
        let list = |text: &'static str| attributes(text, 0);
        let variants = [
            Variant::of(&list("BANDWIDTH=1,RESOLUTION=1x1,AUDIO=\"a\""), 1),
            Variant::of(
                &list("BANDWIDTH=2,RESOLUTION=2x2,AUDIO=\"b\",SUBTITLES=\"s\""),
                2,
            ),
        ];
        let companions = [
            Companion::rendition(&list("TYPE=AUDIO,GROUP-ID=\"a\""), 3),
            Companion::rendition(&list("TYPE=AUDIO,GROUP-ID=\"b\""), 4),
            Companion::rendition(&list("TYPE=SUBTITLES,GROUP-ID=\"s\""), 5),
            Companion::rendition(&list("TYPE=AUDIO,GROUP-ID=\"s\""), 6),
            Companion::stills(&list("RESOLUTION=1x1"), 7),
            Companion::stills(&list("RESOLUTION=2x2"), 8),
            Companion::stills(&list("RESOLUTION=9x9"), 9),
        ];
        let dropped = dropped(&[Choice::Best], &variants, &companions).unwrap();
        assert_eq!(dropped.into_keys().collect::<Vec<_>>(), [1, 3, 6, 7]);
    }
}
