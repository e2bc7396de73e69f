//! Small plots, drawn here: bars, each with its number beside it, so that nothing is told by colour or
//! height alone.

/// A bar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bar {
    /// What it is of.
    pub(super) name: String,
    /// How much.
    pub(super) n: u64,
    /// The same as its reader writes it.
    pub(super) shown: String,
    /// A class of the style sheet: how good or bad it is; mostly empty.
    pub(super) tone: &'static str,
}

/// Bars that stand beside each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bars(pub(super) Vec<Bar>);

/// Where a bar stands. Units: those of the plot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Its left edge.
    pub(super) x: u64,
    /// Its top.
    pub(super) y: u64,
    /// How wide it is.
    pub(super) width: u64,
    /// How high it is.
    pub(super) height: u64,
}

/// The size of a plot, and the room below and above its bars. Units: those of the plot.
const WIDTH: u64 = 420;
const HEIGHT: u64 = 150;
const BELOW: u64 = 20;
const ABOVE: u64 = 18;

/// What a plot of bars shows, as its coordinates.
pub(super) const VIEW: &str = "0 0 420 150";

/// The line that bars stand on.
pub(super) const GROUND: u64 = HEIGHT - BELOW;

/// How high a row of a lying bar is, and the room before and behind the bars. Units: those of the plot.
const ROW: u64 = 20;
const BESIDE: u64 = 100;
const BEHIND: u64 = 50;

impl Bars {
    /// Each bar with its place.
    pub(super) fn placed(&self) -> impl Iterator<Item = (&Bar, Place)> {
        let n = self.0.len().max(1) as u64;
        let most = self.0.iter().map(|bar| bar.n).max().unwrap_or_default().max(1);
        let each = WIDTH / n;
        self.0.iter().zip(0..).map(move |(bar, nth)| {
            let room = HEIGHT - BELOW - ABOVE;
            // Something is never nothing.
            let height = (bar.n.min(most) * room / most).max(u64::from(bar.n > 0) * 2);
            let width = each * 3 / 5;
            (bar, Place { x: nth * each + (each - width) / 2, y: HEIGHT - BELOW - height, width, height })
        })
    }

    /// Each bar with its place, lying, one below the other: for names that are long.
    pub(super) fn lying(&self) -> impl Iterator<Item = (&Bar, Place)> {
        let most = self.0.iter().map(|bar| bar.n).max().unwrap_or_default().max(1);
        self.0.iter().zip(0..).map(move |(bar, nth)| {
            let width = (bar.n.min(most) * (WIDTH - BESIDE - BEHIND) / most).max(u64::from(bar.n > 0) * 2);
            (bar, Place { x: BESIDE, y: nth * ROW + 4, width, height: ROW - 8 })
        })
    }

    /// What a plot of lying bars shows, as its coordinates.
    pub(super) fn view_lying(&self) -> String {
        format!("0 0 {WIDTH} {}", self.0.len() as u64 * ROW)
    }
}

impl Place {
    /// Where the words of the bar are centred.
    pub(super) fn middle(self) -> u64 {
        self.x + self.width / 2
    }

    /// Where the words before a lying bar end.
    pub(super) fn before(self) -> u64 {
        self.x.saturating_sub(8)
    }

    /// Where the number behind a lying bar begins.
    pub(super) fn behind(self) -> u64 {
        self.x + self.width + 6
    }

    /// The line that the words of a lying bar stand on.
    pub(super) fn line(self) -> u64 {
        self.y + self.height - 2
    }

    /// Where the number above the bar stands.
    pub(super) fn above(self) -> u64 {
        self.y.saturating_sub(5)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(n: u64) -> Bar {
        Bar { name: String::new(), n, shown: n.to_string(), tone: "" }
    }

    #[test]
    fn bars_are_as_high_as_they_count_and_something_is_never_nothing() {
        let bars = Bars(vec![bar(0), bar(1), bar(1_000_000), bar(500_000)]);
        let heights: Vec<u64> = bars.placed().map(|(_, place)| place.height).collect();
        assert_eq!(heights, [0, 2, 112, 56]);
        assert!(bars.placed().all(|(_, place)| place.x + place.width <= WIDTH && place.y >= ABOVE));
        let widths: Vec<u64> = bars.lying().map(|(_, place)| place.width).collect();
        assert_eq!(widths, [0, 2, 270, 135]);
        assert_eq!(Bars(Vec::new()).placed().count(), 0);
    }
}
