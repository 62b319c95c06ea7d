//! Protocol buffers, as far as ONNX files need them: fields of a message, one after the other.
//!
//! Encoding: <https://protobuf.dev/programming-guides/encoding/>. Everything is checked against the bytes there are.

use crate::error::ModelError;

/// A field's number and content.
pub(super) type Field<'a> = (u32, Content<'a>);

/// What a field holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Content<'a> {
    Integer(u64),
    Bytes(&'a [u8]),
    /// Four or eight bytes: numbers that Flow's files only have in tensors, as plain bytes.
    Fixed,
}

impl<'a> Content<'a> {
    pub(super) fn bytes(self) -> Result<&'a [u8], ModelError> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            _ => Err(broken()),
        }
    }

    pub(super) fn text(self) -> Result<&'a str, ModelError> {
        std::str::from_utf8(self.bytes()?).map_err(|_| broken())
    }

    pub(super) fn integer(self) -> Result<u64, ModelError> {
        match self {
            Self::Integer(value) => Ok(value),
            _ => Err(broken()),
        }
    }

    /// Negative numbers are stored as their two's complement.
    pub(super) fn signed(self) -> Result<i64, ModelError> {
        self.integer().map(u64::cast_signed)
    }

    /// A repeated number: packed into bytes, or one by one.
    pub(super) fn signed_numbers(self, into: &mut Vec<i64>) -> Result<(), ModelError> {
        match self {
            Self::Integer(value) => into.push(value.cast_signed()),
            Self::Bytes(mut bytes) => {
                while !bytes.is_empty() {
                    into.push(varint(&mut bytes)?.cast_signed());
                }
            }
            _ => return Err(broken()),
        }
        Ok(())
    }
}

pub(super) fn broken() -> ModelError {
    ModelError::new("its file is damaged")
}

/// The fields of a message.
pub(super) fn fields(mut bytes: &[u8]) -> impl Iterator<Item = Result<Field<'_>, ModelError>> {
    std::iter::from_fn(move || {
        (!bytes.is_empty()).then(|| {
            let field = field(&mut bytes);
            if field.is_err() {
                bytes = &[];
            }
            field
        })
    })
}

fn field<'a>(bytes: &mut &'a [u8]) -> Result<Field<'a>, ModelError> {
    let key = varint(bytes)?;
    let number = u32::try_from(key >> 3).map_err(|_| broken())?;
    let content = match key & 7 {
        0 => Content::Integer(varint(bytes)?),
        1 => {
            take(bytes, 8)?;
            Content::Fixed
        }
        2 => {
            let length = usize::try_from(varint(bytes)?).map_err(|_| broken())?;
            Content::Bytes(take(bytes, length)?)
        }
        5 => {
            take(bytes, 4)?;
            Content::Fixed
        }
        _ => return Err(broken()),
    };
    Ok((number, content))
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Result<&'a [u8], ModelError> {
    let (taken, rest) = bytes.split_at_checked(length).ok_or_else(broken)?;
    *bytes = rest;
    Ok(taken)
}

fn varint(bytes: &mut &[u8]) -> Result<u64, ModelError> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let [byte, rest @ ..] = *bytes else {
            return Err(broken());
        };
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(broken())
}
