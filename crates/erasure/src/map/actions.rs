//! What erasing means for a collection.

use super::{
    dataset::Collection,
    field::{Field, Shape},
    masking::Strategy,
    policy::{self, is_targeted},
    remarks::Remarks,
};
use crate::graph::{Action, Mask, Masking};

/// What erasing means for the rows of `collection`, which findings name `name`.
pub(super) fn action(name: &str, collection: &Collection, policy: &policy::Read, remarks: &mut Remarks) -> Action {
    if collection.is_deleted {
        return Action::Delete;
    }
    let mut masks = Vec::new();
    for field in &collection.fields {
        let path = format!("{name}.{}", field.name);
        let Some(wanted) = masking(field, &path, policy, remarks) else { continue };
        if wanted.is_for_inside {
            let detail = format!(
                "One value inside a column cannot be masked alone, so the whole of {} becomes NULL; give the category \
                 to the column itself to say that this is meant.",
                field.name
            );
            remarks.warn("masked_whole", path, detail);
        }
        if field.shape != Shape::Single && wanted.how != Masking::Null {
            let detail = "is a list or an object: only null_rewrite, preserve or deleting the row makes sense";
            remarks.problems.add_in_english(field.path.as_str(), detail);
            continue;
        }
        masks.push(Mask { column: field.name.clone(), how: wanted.how, max_length: field.length });
    }
    if !masks.is_empty() {
        return Action::Mask(masks);
    }
    if is_targeted(&collection.categories, &policy.targets) {
        let detail = "Its data_categories are targets, but only those of fields are masked: nothing in it is erased. Give \
                      them to the fields, or delete its rows with a masking_strategy_override.";
        remarks.warn("categories_without_action", name, detail);
    }
    Action::Pass
}

struct Wanted {
    how: Masking,
    is_for_inside: bool,
}

/// What takes the place of a field's values, if anything does. An object of which a part is to be
/// masked is masked whole; where the object says something itself, its parts are not asked.
fn masking(field: &Field, path: &str, policy: &policy::Read, remarks: &mut Remarks) -> Option<Wanted> {
    let wanted = match &field.strategy {
        Some(Strategy::Preserve | Strategy::Delete) => None,
        Some(Strategy::Mask(how)) => Some(Wanted { how: how.clone(), is_for_inside: false }),
        None if is_targeted(&field.categories, &policy.targets) => {
            policy.strategy.clone().map(|how| Wanted { how, is_for_inside: false })
        }
        None => {
            let inside =
                field.fields.iter().map(|part| masking(part, &format!("{path}.{}", part.name), policy, remarks));
            let is_wanted = inside.fold(false, |is_wanted, part| is_wanted | part.is_some());
            is_wanted.then_some(Wanted { how: Masking::Null, is_for_inside: true })
        }
    };
    if wanted.is_some() && field.is_read_only {
        let detail = "It is personal, but read_only: it stays as it is.";
        remarks.warn("read_only_personal_field", path, detail);
        return None;
    }
    wanted
}
