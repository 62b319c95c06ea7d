//! Marks that a host puts on parameters: which are automated, and which a hardware control is mapped to.
//!
//! The host's main thread writes them and the window draws them. The audio thread never reads them.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use flow_params::ParameterId;
use flow_platform::mutex::lock;

use crate::editor::language::text;

/// The state of a host's automation of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Automation {
    /// There is automation, and it isn't playing.
    Present,
    /// Automation plays.
    Playing,
    /// Automation is being recorded.
    Recording,
    /// The user holds the control against playing automation.
    Overriding,
}

/// A hardware control that moves a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// Red, green and blue, where the host gives a color.
    pub color: Option<[u8; 3]>,
    /// A short name, such as "CC 7".
    pub label: String,
    /// A longer one.
    pub description: String,
}

/// All marks on one parameter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Indication {
    /// Automation and the color of its mark.
    pub automation: Option<(Automation, Option<[u8; 3]>)>,
    /// The mapped hardware control.
    pub mapping: Option<Mapping>,
}

impl Indication {
    /// One line for the tooltip.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        let automation = self.automation.map(|(automation, _)| match automation {
            Automation::Present => text!("Automated").to_owned(),
            Automation::Playing => text!("Automation is playing").to_owned(),
            Automation::Recording => text!("Automation is being recorded").to_owned(),
            Automation::Overriding => text!("Automation is overridden").to_owned(),
        });
        let mapping = self.mapping.as_ref().map(|mapping| {
            let name = [&mapping.description, &mapping.label]
                .into_iter()
                .find(|name| !name.is_empty());
            name.map_or(text!("Mapped to a controller").to_owned(), |name| {
                text!("Mapped to {name}", name)
            })
        });
        let lines: Vec<String> = automation.into_iter().chain(mapping).collect();
        (!lines.is_empty()).then(|| lines.join(". ") + ".")
    }

    /// The host's color for the mark.
    #[must_use]
    pub fn color(&self) -> Option<[u8; 3]> {
        let of_mapping = self.mapping.as_ref().and_then(|mapping| mapping.color);
        self.automation.and_then(|(_, color)| color).or(of_mapping)
    }
}

/// The marks on all parameters of one instance.
#[derive(Default)]
pub struct Indications(Mutex<HashMap<ParameterId, Indication>>);

impl Indications {
    fn lock(&self) -> MutexGuard<'_, HashMap<ParameterId, Indication>> {
        lock(&self.0)
    }

    /// `[main]` Sets or removes the mapping of a parameter.
    pub fn set_mapping(&self, id: ParameterId, mapping: Option<Mapping>) {
        self.lock().entry(id).or_default().mapping = mapping;
    }

    /// `[main]` Sets or removes the automation of a parameter.
    pub fn set_automation(
        &self,
        id: ParameterId,
        automation: Option<(Automation, Option<[u8; 3]>)>,
    ) {
        self.lock().entry(id).or_default().automation = automation;
    }

    /// `[gui]` The marks on a parameter; none if it has no marks.
    #[must_use]
    pub fn of(&self, id: ParameterId) -> Option<Indication> {
        let indication = self.lock().get(&id).cloned()?;
        (indication != Indication::default()).then_some(indication)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indication_with_marks_has_text_and_color_and_without_is_none() {
        let id = ParameterId::Trim;
        let indications = Indications::default();
        assert_eq!(indications.of(id), None);
        indications.set_automation(id, Some((Automation::Playing, None)));
        indications.set_mapping(
            id,
            Some(Mapping {
                color: Some([1, 2, 3]),
                label: "CC 7".to_owned(),
                description: String::new(),
            }),
        );
        let marks = indications.of(id).unwrap();
        assert_eq!(
            marks.text().as_deref(),
            Some("Automation is playing. Mapped to CC 7.")
        );
        assert_eq!(marks.color(), Some([1, 2, 3]));
        indications.set_automation(id, None);
        indications.set_mapping(id, None);
        assert_eq!(indications.of(id), None);
    }
}
