//! The tables of docs/SPEC.md.

/// Where a line that was asked stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Here,
    Otherwise,
    Later,
    Not,
}

/// A row: what is asked, and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// Of the document, from 1.
    pub(crate) line: usize,
    pub(crate) id: String,
    pub(crate) asked: String,
    pub(crate) state: Option<State>,
    pub(crate) stands: String,
}

impl Answer {
    /// What stands in code font.
    pub(crate) fn names(&self) -> Vec<&str> {
        self.stands.split('`').skip(1).step_by(2).collect()
    }
}

/// The rows whose first cell is an id.
pub(crate) fn answers(document: &str) -> Vec<Answer> {
    document.lines().enumerate().filter_map(|(at, text)| answer(at + 1, text)).collect()
}

fn answer(line: usize, text: &str) -> Option<Answer> {
    let cells: Vec<&str> = text.strip_prefix('|')?.strip_suffix('|')?.split('|').map(str::trim).collect();
    if !cells.first()?.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let [id, asked, state, stands] = cells[..] else { panic!("docs/SPEC.md:{line}: a row has four cells") };
    assert!(stands.matches('`').count() % 2 == 0, "docs/SPEC.md:{line}: a name in code font does not end");
    let state = match state {
        "here" => Some(State::Here),
        "otherwise" => Some(State::Otherwise),
        "later" => Some(State::Later),
        "not" => Some(State::Not),
        _ => None,
    };
    Some(Answer { line, id: id.to_owned(), asked: asked.to_owned(), state, stands: stands.to_owned() })
}
