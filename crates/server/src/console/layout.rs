//! What is around every page: the head, the way to the other pages, the choice of language and theme.

use std::ops::Deref;

use askama::{Template, filters::Safe};
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use rolecall_control::authority::{Act, acts};

use super::{Reader, Theme};
use crate::{
    auth::Caller,
    i18n::{Language, When, Words},
};

macro_rules! sections {
    ($($(#[$doc:meta])* $section:ident = $word:literal, $path:literal, $act:expr;)*) => {
        /// A part of the console, as its navigation shows it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Section {
            $($(#[$doc])* $section,)*
            /// A page that belongs to no part.
            None,
        }

        impl Section {
            /// All parts, in the order they are shown.
            pub const ALL: &[Self] = &[$(Self::$section),*];

            /// The word its name goes by.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$section => $word,)*
                    Self::None => "",
                }
            }

            /// Where it is.
            pub fn path(self) -> &'static str {
                match self {
                    $(Self::$section => $path,)*
                    Self::None => "/console",
                }
            }

            /// What whoever sees it may do; nothing if everybody sees it.
            fn act(self) -> Option<&'static Act> {
                match self {
                    $(Self::$section => $act,)*
                    Self::None => None,
                }
            }
        }
    };
}

sections! {
    /// What is there, and what is going on.
    Overview = "overview", "/console", None;
    /// People.
    Users = "users", "/console/users", Some(&acts::LOOK);
    /// Groups of people.
    Groups = "groups", "/console/groups", Some(&acts::LOOK);
    /// Bots.
    Bots = "bots", "/console/bots", Some(&acts::LOOK);
    /// Roles.
    Roles = "roles", "/console/roles", Some(&acts::LOOK);
    /// Client apps.
    Apps = "apps", "/console/apps", Some(&acts::MANAGE_APPS);
    /// Moving roles between environments.
    Imports = "imports", "/console/imports", Some(&acts::LOOK);
    /// What to print: who may what.
    Reports = "reports", "/console/reports", Some(&acts::LOOK);
    /// Erasures of people's data, and holds.
    Erasures = "erasures", "/console/erasures", Some(&acts::WATCH_ERASURES);
    /// What happened.
    Audit = "audit", "/console/audit", Some(&acts::READ_AUDIT);
}

/// Who is signed in, as every page shows it.
#[derive(Clone, Debug)]
pub struct Person {
    /// The person's name, or address if it has none.
    pub name: String,
    /// The account's name.
    pub account: String,
}

/// What a template needs of the page around it.
pub struct Shell {
    /// The texts.
    pub words: Words,
    /// How bright the page is.
    pub theme: Theme,
    /// What the reader chose.
    pub chosen: (Option<Language>, Option<Theme>),
    /// Where the page is, to come back to.
    pub place: String,
    /// The part of the console it belongs to.
    pub section: Section,
    /// The parts that the reader may see.
    pub sections: Vec<Section>,
    /// Who is signed in.
    pub person: Option<Person>,
}

impl Shell {
    /// The shell of a page for whoever is not signed in, and of errors.
    pub fn bare(reader: &Reader, section: Section) -> Self {
        Self {
            words: reader.words.clone(),
            theme: reader.theme,
            chosen: reader.chosen,
            place: if reader.is_get { reader.place.clone() } else { "/console".to_owned() },
            section,
            sections: Vec::new(),
            person: None,
        }
    }

    /// The shell of a page for whoever is signed in.
    pub fn of<N, E>(reader: &Reader, caller: &Caller<N, E>, section: Section) -> Self {
        let may_see = |section: &Section| section.act().is_none_or(|act| caller.ctx.may_do(act));
        let person = caller
            .session()
            .map(|session| Person { name: session.name.clone(), account: session.account_name.clone() });
        let sections = Section::ALL.iter().copied().filter(may_see).collect();
        Self { sections, person, ..Self::bare(reader, section) }
    }

    /// A time of day as people read it, and as programs do.
    pub fn time(&self, at: impl When) -> Safe<String> {
        let at = at.when();
        Safe(format!(r#"<time datetime="{at}">{}</time>"#, self.words.moment(at)))
    }
}

impl Deref for Shell {
    type Target = Words;

    /// A page asks its shell for texts.
    fn deref(&self) -> &Words {
        &self.words
    }
}

/// A template as an answer.
pub struct Html<T>(pub T);

impl<T: Template> IntoResponse for Html<T> {
    fn into_response(self) -> Response {
        match self.0.render() {
            Ok(text) => {
                let kind = HeaderValue::from_static("text/html; charset=utf-8");
                ([(header::CONTENT_TYPE, kind)], text).into_response()
            }
            Err(error) => {
                tracing::error!(error = %error, "a page could not be written");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}
