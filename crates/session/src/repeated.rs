//! What happens again and again is logged once, and then ever more seldom.

/// Counts what is the same as before.
#[derive(Debug, Default)]
pub(crate) struct Repeated {
    last: String,
    times: u64,
}

impl Repeated {
    /// Takes in what happened. Gives how often it has by now, in a row, if that is to be said: the first, second, fourth, eighth time.
    pub(crate) fn take(&mut self, what: &str) -> Option<u64> {
        if self.last == what {
            self.times = self.times.saturating_add(1);
        } else {
            what.clone_into(&mut self.last);
            self.times = 1;
        }
        self.times.is_power_of_two().then_some(self.times)
    }

    /// It is over: the next time is a first one.
    pub(crate) fn over(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_of_the_same_is_a_few_lines_and_something_else_is_one_at_once() {
        let mut repeated = Repeated::default();
        let said: Vec<u64> = (0..86_400).filter_map(|_| repeated.take("the node is away")).collect();
        assert_eq!((said.len(), said[0], said[1], said[2]), (17, 1, 2, 4));
        assert_eq!(repeated.take("the node is mad"), Some(1));
        assert_eq!(repeated.take("the node is away"), Some(1));
        repeated.over();
        assert_eq!(repeated.take("the node is away"), Some(1));
    }
}
