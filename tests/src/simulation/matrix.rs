use std::{collections::BTreeMap, fmt};

/// What befalls a call or a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// It fails and has no effect.
    Before,
    /// It has its effect, and the answer is lost.
    After,
    /// It collides with another, or is refused for being too much.
    Refused,
    /// The function is stopped at it.
    Stop,
    /// It comes once more.
    Duplicate,
    /// Stripe fails, before or after the effect, and keeps the failure under the call's key.
    KeptBefore,
    KeptAfter,
}

impl Kind {
    pub const ALL: [Self; 7] = [
        Self::Before,
        Self::After,
        Self::Refused,
        Self::Stop,
        Self::Duplicate,
        Self::KeptBefore,
        Self::KeptAfter,
    ];
}

/// Where in which function something can go wrong, and which of these kinds of wrong it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Site {
    pub function: &'static str,
    pub call: &'static str,
    pub about: &'static str,
}

/// How often each place was passed, and what befell it there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matrix(BTreeMap<Site, Row>);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Row {
    passed: u64,
    /// By [`Kind`]; none where the place does not have it.
    faults: BTreeMap<Kind, u64>,
}

impl Matrix {
    /// Notes that a place was passed which has these kinds of faults; answers how often it was by now.
    pub(super) fn pass(&mut self, site: Site, kinds: &[Kind]) -> u64 {
        let row = self.0.entry(site).or_default();
        row.passed += 1;
        if row.faults.len() != kinds.len() {
            row.faults = kinds.iter().map(|kind| (*kind, 0)).collect();
        }
        row.passed
    }

    pub(super) fn note(&mut self, site: Site, kind: Kind) {
        *self.0.entry(site).or_default().faults.entry(kind).or_default() += 1;
    }

    /// All faults.
    pub fn faults(&self) -> u64 {
        self.0.values().flat_map(|row| row.faults.values()).sum()
    }

    /// All faults of a function.
    pub(super) fn faults_of(&self, function: &str) -> u64 {
        let rows = self.0.iter().filter(|(site, _)| site.function == function);
        rows.flat_map(|(_, row)| row.faults.values()).sum()
    }

    /// Adds another run's.
    pub fn add(&mut self, other: &Self) {
        for (site, theirs) in &other.0 {
            let row = self.0.entry(*site).or_default();
            row.passed += theirs.passed;
            for (kind, count) in &theirs.faults {
                *row.faults.entry(*kind).or_default() += count;
            }
        }
    }

    /// Places that have a kind of fault which never befell them.
    pub fn empty_cells(&self) -> Vec<(Site, Kind)> {
        let of_row = |(site, row): (&Site, &Row)| {
            let empty: Vec<_> = row.faults.iter().filter(|(_, count)| **count == 0).collect();
            empty.into_iter().map(|(kind, _)| (*site, *kind)).collect::<Vec<_>>()
        };
        self.0.iter().flat_map(of_row).collect()
    }
}

impl fmt::Display for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<58} {:>10}", "", "passed")?;
        for kind in Kind::ALL {
            write!(f, " {:>9}", format!("{kind:?}").to_lowercase())?;
        }
        for (site, row) in &self.0 {
            let place = format!("{} {} {}", site.function, site.call, site.about);
            write!(f, "\n{:<58} {:>10}", place.trim_end(), row.passed)?;
            for kind in Kind::ALL {
                match row.faults.get(&kind) {
                    Some(count) => write!(f, " {count:>9}")?,
                    None => write!(f, " {:>9}", "-")?,
                }
            }
        }
        Ok(())
    }
}
