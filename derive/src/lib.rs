//! `#[derive(Read, Write)]`: how a type is read from the crate's JSON tree, and written as JSON text.
//!
//! They obey the `#[serde(…)]` attributes, and give what serde's derives give. serde makes its code anew for each type and each
//! format, and keeps what an enum may turn out to be in trees of its own: all of it came to a third of the wasm. Here a field is
//! one call of a function that exists once.

mod attributes;

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{
    Data, DataEnum, DeriveInput, Error, Field, Fields, Ident, Result, Variant, parse_macro_input,
};

use attributes::{Attributes, Rename};

/// Reads the type from a tree.
#[proc_macro_derive(Read, attributes(serde, json))]
pub fn read(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    finished(read_impl(&input))
}

/// Writes the type as text.
#[proc_macro_derive(Write, attributes(serde, json))]
pub fn write(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    finished(write_impl(&input))
}

fn finished(result: Result<TokenStream>) -> proc_macro::TokenStream {
    result.unwrap_or_else(Error::into_compile_error).into()
}

fn read_impl(input: &DeriveInput) -> Result<TokenStream> {
    let name = &input.ident;
    let of = Attributes::of(&input.attrs)?;
    let body = match &input.data {
        Data::Struct(data) => read_struct(name, &data.fields, &of)?,
        Data::Enum(data) => read_enum(data, &of)?,
        Data::Union(_) => return Err(Error::new_spanned(name, "a union has no JSON")),
    };
    Ok(quote! {
        #[automatically_derived]
        impl crate::json::Read for #name {
            fn read(json: &mut crate::json::Json) -> ::core::result::Result<Self, crate::json::Fault> {
                #body
            }
        }
    })
}

fn read_struct(name: &Ident, fields: &Fields, of: &Attributes) -> Result<TokenStream> {
    if let Fields::Unnamed(inner) = fields {
        return match inner.unnamed.len() {
            1 => Ok(quote! { crate::json::Read::read(json).map(#name) }),
            _ => Err(Error::new_spanned(
                inner,
                "only one unnamed field can be read",
            )),
        };
    }
    if !of.default {
        let fields = read_fields(fields, of.rename)?;
        return Ok(quote! { json.object()?; Ok(Self { #fields }) });
    }
    let mut set = TokenStream::new();
    for field in fields {
        let (ident, key) = (&field.ident, key(field, of.rename)?);
        set.extend(quote! { filling.set(#key, &mut it.#ident); });
    }
    Ok(quote! {
        let mut it = Self::default();
        let mut filling = json.filling()?;
        #set
        filling.end()?;
        Ok(it)
    })
}

/// `name: …, other: …,` for a literal.
fn read_fields(fields: &Fields, rename: Rename) -> Result<TokenStream> {
    let mut out = TokenStream::new();
    for field in fields {
        let of = Attributes::of(&field.attrs)?;
        let (ident, key) = (&field.ident, key(field, rename)?);
        out.extend(match (of.flatten, of.default) {
            (true, _) => quote! { #ident: crate::json::Read::read(json)?, },
            (_, true) => quote! { #ident: json.field_or_default(#key)?, },
            _ => quote! { #ident: json.field(#key)?, },
        });
    }
    Ok(out)
}

fn read_enum(data: &DataEnum, of: &Attributes) -> Result<TokenStream> {
    let keys = keys(data, of);
    let arms = data.variants.iter().enumerate().map(|(at, variant)| {
        let ident = &variant.ident;
        let made = match &variant.fields {
            Fields::Unit => quote! { Self::#ident },
            Fields::Unnamed(_) => quote! { Self::#ident(crate::json::Read::read(json)?) },
            Fields::Named(_) => {
                let fields = read_fields(&variant.fields, of.rename_fields)?;
                quote! { Self::#ident { #fields } }
            }
        };
        let made = quote! { ::core::result::Result::Ok(#made) };
        // The last one stands for all that cannot be.
        Ok(match at == data.variants.len() - 1 {
            true => quote! { _ => #made, },
            false => quote! { #at => #made, },
        })
    });
    let arms = arms.collect::<Result<TokenStream>>()?;
    let chosen = match &of.tag {
        Some(tag) => quote! { let at = json.tag(#tag, &[#(#keys),*])?; },
        None if is_plain(data) => quote! { let at = json.one_of(&[#(#keys),*])?; },
        None => quote! { let (at, json) = json.only(&[#(#keys),*])?; },
    };
    Ok(quote! { #chosen match at { #arms } })
}

fn write_impl(input: &DeriveInput) -> Result<TokenStream> {
    let name = &input.ident;
    let of = Attributes::of(&input.attrs)?;
    let (value, fields) = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Unnamed(_) => (quote! { crate::json::Write::write(&self.0, out); }, None),
            fields => {
                let written = write_fields(fields, of.rename, |ident| quote! { &self.#ident })?;
                (quote! { out.object(self); }, Some(written))
            }
        },
        Data::Enum(data) => write_enum(data, &of)?,
        Data::Union(_) => return Err(Error::new_spanned(name, "a union has no JSON")),
    };
    let fields = fields.map(|fields| {
        quote! { fn fields(&self, out: &mut crate::json::Out) { #fields } }
    });
    Ok(quote! {
        #[automatically_derived]
        impl crate::json::Write for #name {
            fn write(&self, out: &mut crate::json::Out) { #value }
            #fields
        }
    })
}

fn write_fields(
    fields: &Fields,
    rename: Rename,
    place: impl Fn(&Ident) -> TokenStream,
) -> Result<TokenStream> {
    let mut out = TokenStream::new();
    for field in fields {
        let of = Attributes::of(&field.attrs)?;
        let Some(ident) = &field.ident else { continue };
        let (key, mut place) = (key(field, rename)?, place(ident));
        if let Some(made) = &of.write_as {
            let made: syn::ExprPath = syn::parse_str(made)?;
            place = quote! { &#made(#place) };
        }
        out.extend(match &of.skip_if {
            _ if of.flatten => quote! { crate::json::Write::fields(#place, out); },
            None => quote! { out.field(#key, #place); },
            Some(test) => {
                let test: syn::ExprPath = syn::parse_str(test)?;
                match test
                    .path
                    .segments
                    .first()
                    .is_some_and(|it| it.ident == "Option")
                {
                    true => quote! { out.some(#key, #place); },
                    false => quote! { if !#test(#place) { out.field(#key, #place); } },
                }
            }
        });
    }
    Ok(out)
}

/// What writes the value, and what writes its fields where it is an object.
fn write_enum(data: &DataEnum, of: &Attributes) -> Result<(TokenStream, Option<TokenStream>)> {
    let keys = keys(data, of);
    if is_plain(data) && of.tag.is_none() {
        let idents = data.variants.iter().map(|variant| &variant.ident);
        let value = quote! { out.text(match self { #(Self::#idents => #keys,)* }); };
        return Ok((value, None));
    }
    let arms = data.variants.iter().zip(&keys).map(|(variant, key)| {
        let ident = &variant.ident;
        let (pattern, written) = write_variant(variant, of)?;
        let tag = match (&of.tag, &variant.fields) {
            (Some(tag), _) => quote! { out.field(#tag, &#key); },
            (None, Fields::Unnamed(_)) => {
                return Ok(quote! { Self::#ident(inner) => out.field(#key, inner), });
            }
            (None, _) => return Err(Error::new_spanned(variant, "give the enum a tag")),
        };
        Ok(quote! { Self::#ident #pattern => { #tag #written } })
    });
    let arms = arms.collect::<Result<TokenStream>>()?;
    Ok((
        quote! { out.object(self); },
        Some(quote! { match self { #arms } }),
    ))
}

fn write_variant(variant: &Variant, of: &Attributes) -> Result<(TokenStream, TokenStream)> {
    Ok(match &variant.fields {
        Fields::Unit => (TokenStream::new(), TokenStream::new()),
        Fields::Unnamed(_) => (
            quote! { (inner) },
            quote! { crate::json::Write::fields(inner, out); },
        ),
        fields => {
            let idents = fields.iter().map(|field| &field.ident);
            let bound = fields.iter().map(|field| local(field.ident.as_ref()));
            let pattern = quote! { { #(#idents: #bound),* } };
            let written = write_fields(fields, of.rename_fields, |ident| {
                let local = local(Some(ident));
                quote! { #local }
            })?;
            (pattern, written)
        }
    })
}

/// A field of a variant must not hide `out`.
fn local(ident: Option<&Ident>) -> Ident {
    format_ident!("of_{}", ident.map(ToString::to_string).unwrap_or_default())
}

fn is_plain(data: &DataEnum) -> bool {
    data.variants
        .iter()
        .all(|variant| matches!(variant.fields, Fields::Unit))
}

fn keys(data: &DataEnum, of: &Attributes) -> Vec<String> {
    let keys = data.variants.iter();
    keys.map(|variant| of.rename.variant(&variant.ident.to_string()))
        .collect()
}

fn key(field: &Field, rename: Rename) -> Result<String> {
    match &field.ident {
        Some(ident) => Ok(rename.field(&ident.to_string())),
        None => Err(Error::new_spanned(field, "a field needs a name")),
    }
}
