//! The caller's credentials: given once, or by a function that is asked again when the core says so.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;

use wasm_bindgen::JsValue;

use super::js;
use crate::error::{Code, Error};
use crate::vod::Account;

/// A future of this thread, where everything in JavaScript happens.
pub type LocalFuture<T> = Pin<Box<dyn Future<Output = T>>>;

type Provider = dyn Fn() -> LocalFuture<Result<Account, JsValue>>;

/// What is known of them now. It holds secrets.
pub(super) struct Keys {
    provider: Option<Box<Provider>>,
    last: RefCell<Option<Account>>,
}

impl Keys {
    pub(super) fn fixed(account: Account) -> Keys {
        let account = Account {
            renewable: false,
            ..account
        };
        Keys {
            provider: None,
            last: RefCell::new(Some(account)),
        }
    }

    pub(super) fn asked(provider: Box<Provider>) -> Keys {
        Keys {
            provider: Some(provider),
            last: RefCell::new(None),
        }
    }

    /// The last ones known; whether they still do is the core's to judge.
    pub(super) async fn current(&self) -> Result<Account, Error> {
        let last = self.last.borrow().clone();
        match last {
            Some(account) => Ok(account),
            None => self
                .renew()
                .await
                .map_err(|message| Error::new(Code::CredentialsFailed, message)),
        }
    }

    /// Newer ones, or why there are none.
    pub(super) async fn renew(&self) -> Result<Account, String> {
        let Some(provider) = &self.provider else {
            return Err("there is no function to ask for credentials".into());
        };
        let given = provider().await.map_err(|error| {
            let reason = js::describe(&error);
            format!("the function for credentials failed: {reason}")
        })?;
        let account = Account {
            renewable: true,
            ..given
        };
        self.last.replace(Some(account.clone()));
        Ok(account)
    }
}
