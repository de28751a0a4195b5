//! The end of an account's epoch: whatever was signed in before is signed out.

/// Deletes, inside the transaction, the sign-ins of epochs that are over.
macro_rules! ending {
    ($tx:expr, $user:expr) => {
        for sql in $crate::accounts::ending::ENDED {
            sqlx::query(sql).bind($user.0).execute(&mut *$tx).await?;
        }
    };
}
pub(super) use ending;

pub(super) const ENDED: [&str; 2] = [
    "DELETE FROM web_sessions WHERE user_id = $1 AND epoch <> (SELECT epoch FROM users WHERE id = $1)",
    "DELETE FROM app_sessions WHERE user_id = $1 AND epoch <> (SELECT epoch FROM users WHERE id = $1)",
];
