//! The tables that the page reads, as SeaORM's own generator writes them.

/// People.
pub mod users {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "users")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub account_no: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub user_no: i64,
        pub user_id: String,
        pub email: String,
        pub org_user_id: String,
        pub is_developer: i64,
        pub can_create_bot: i64,
        pub removed_at_ms: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(has_many = "super::user_assignments::Entity")]
        Assignments,
    }

    impl Related<super::user_assignments::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Assignments.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Which role a person holds on which bot.
pub mod user_assignments {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "user_assignments")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub account_no: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub bot_no: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub role_no: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub user_no: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(
            belongs_to = "super::users::Entity",
            from = "(Column::AccountNo, Column::UserNo)",
            to = "(super::users::Column::AccountNo, super::users::Column::UserNo)"
        )]
        User,
        #[sea_orm(
            belongs_to = "super::roles::Entity",
            from = "(Column::AccountNo, Column::RoleNo)",
            to = "(super::roles::Column::AccountNo, super::roles::Column::RoleNo)"
        )]
        Role,
        #[sea_orm(
            belongs_to = "super::bots::Entity",
            from = "(Column::AccountNo, Column::BotNo)",
            to = "(super::bots::Column::AccountNo, super::bots::Column::BotNo)"
        )]
        Bot,
    }

    impl Related<super::users::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::User.def()
        }
    }

    impl Related<super::roles::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Role.def()
        }
    }

    impl Related<super::bots::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Bot.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Roles.
pub mod roles {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "roles")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub account_no: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub role_no: i64,
        pub role_id: String,
        pub name: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Bots.
pub mod bots {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "bots")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub account_no: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub bot_no: i64,
        pub bot_id: String,
        pub name: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
