//! What removing a role would take from whom, without doing it.

use rolecall_model::{
    ids::{BotNo, GroupNo, UserNo},
    role::Role,
};
use rolecall_store::{
    Tx,
    assignments::NO_BOT,
    holders::{self, By, Place},
    names::{self, Name, Thing},
};

use super::edit::of_account;
use crate::{Ctx, Error, authority::acts};

/// At most this many users and as many groups are told by name; how many there are always is.
pub const MAX_HOLDERS: usize = 100;

/// What removing a role would take from whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// The role, with all that it grants.
    pub role: Role,
    /// Where it is held, each bot with how many hold it there; of an admin role the account alone.
    pub places: Vec<(Option<Name>, Place)>,
    /// The users who hold it themselves, by bot and then in order of their creation; the first
    /// [`MAX_HOLDERS`].
    pub users: Vec<Loser>,
    /// The groups that hold it, with whoever is in them; the first [`MAX_HOLDERS`].
    pub groups: Vec<Loser>,
}

/// Somebody who would lose a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loser {
    /// Who.
    pub who: Name,
    /// The bot on which; nothing for an admin role.
    pub bot: Option<Name>,
}

/// What removing the role with id `id` would take from whom.
///
/// Errors: [`Rule::UnknownRole`](crate::Rule::UnknownRole) if the account has no such role.
pub async fn removal(ctx: &Ctx, id: &str) -> Result<Removal, Error> {
    ctx.need_to(&acts::LOOK)?;
    let mut tx = ctx.read().await?;
    let role = of_account(&mut tx, ctx, id).await?;
    let places = holders::places_of(&mut tx, ctx.account, role.no).await?;
    let nos: Vec<i64> = places.iter().map(|place| place.bot.0).collect();
    let bots = names::of(&mut tx, ctx.account, Thing::Bot, &nos).await?;
    let bot = |no: BotNo| if no == NO_BOT { None } else { bots.get(&no.0).cloned() };
    let (mut users, mut groups) = (Vec::new(), Vec::new());
    for place in &places {
        let room = MAX_HOLDERS - users.len();
        if place.n_users > 0 && room > 0 {
            let mut found = Vec::new();
            let by = By::Roles(place.bot, std::slice::from_ref(&role.no));
            holders::first_users(&mut tx, ctx.account, by, UserNo(0), room, &mut found).await?;
            let found: Vec<i64> = found.into_iter().map(|(no, _)| no.0).collect();
            named(&mut tx, ctx, Thing::User, &found, bot(place.bot), &mut users).await?;
        }
        let room = MAX_HOLDERS - groups.len();
        if place.n_groups > 0 && room > 0 {
            let mut found: Vec<GroupNo> = holders::groups_with(&mut tx, ctx.account, place.bot, &[role.no]).await?;
            found.sort_unstable();
            found.truncate(room);
            let found: Vec<i64> = found.into_iter().map(|no| no.0).collect();
            named(&mut tx, ctx, Thing::Group, &found, bot(place.bot), &mut groups).await?;
        }
    }
    let places = places.into_iter().map(|place| (bot(place.bot), place)).collect();
    Ok(Removal { role, places, users, groups })
}

/// Adds what the things with numbers `nos` are called, in their order.
async fn named(
    tx: &mut Tx,
    ctx: &Ctx,
    thing: Thing,
    nos: &[i64],
    bot: Option<Name>,
    losers: &mut Vec<Loser>,
) -> Result<(), Error> {
    let mut names = names::of(tx, ctx.account, thing, nos).await?;
    losers.extend(nos.iter().filter_map(|no| Some(Loser { who: names.remove(no)?, bot: bot.clone() })));
    Ok(())
}
