//! Protocol buffers, as far as ONNX files need them: the fields of a message, one after the other.
//!
//! Encoding: <https://protobuf.dev/programming-guides/encoding/>.

use anyhow::{Context as _, Result, bail};

/// A field's number and content.
pub(super) type Field<'a> = (u32, Content<'a>);

/// The content of a field.
#[derive(Clone, Copy, Debug)]
pub(super) enum Content<'a> {
    Integer(u64),
    Bytes(&'a [u8]),
    /// Four or eight bytes. Flow's files store such numbers as raw data only.
    Fixed,
}

impl<'a> Content<'a> {
    pub(super) fn bytes(self) -> Result<&'a [u8]> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            _ => bail!("a field of the ONNX file isn't of bytes"),
        }
    }

    pub(super) fn text(self) -> Result<&'a str> {
        Ok(std::str::from_utf8(self.bytes()?)?)
    }

    pub(super) fn integer(self) -> Result<u64> {
        match self {
            Self::Integer(value) => Ok(value),
            _ => bail!("a field of the ONNX file isn't an integer"),
        }
    }

    /// A negative number is stored as its two's complement.
    pub(super) fn signed(self) -> Result<i64> {
        self.integer().map(u64::cast_signed)
    }

    /// A repeated number: packed into bytes, or one by one.
    pub(super) fn signed_integers(self, into: &mut Vec<i64>) -> Result<()> {
        match self {
            Self::Bytes(mut bytes) => {
                while !bytes.is_empty() {
                    into.push(varint(&mut bytes)?.cast_signed());
                }
            }
            _ => into.push(self.signed()?),
        }
        Ok(())
    }
}

/// The fields of a message; the first error ends them.
pub(super) fn fields(mut bytes: &[u8]) -> impl Iterator<Item = Result<Field<'_>>> {
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

fn field<'a>(bytes: &mut &'a [u8]) -> Result<Field<'a>> {
    let key = varint(bytes)?;
    let content = match key & 7 {
        0 => Content::Integer(varint(bytes)?),
        1 => take(bytes, 8).map(|_| Content::Fixed)?,
        2 => {
            let length = usize::try_from(varint(bytes)?)?;
            Content::Bytes(take(bytes, length)?)
        }
        5 => take(bytes, 4).map(|_| Content::Fixed)?,
        _ => bail!("the ONNX file is damaged"),
    };
    Ok((u32::try_from(key >> 3)?, content))
}

fn take<'a>(bytes: &mut &'a [u8], length: usize) -> Result<&'a [u8]> {
    let (taken, rest) = bytes
        .split_at_checked(length)
        .context("the ONNX file is cut short")?;
    *bytes = rest;
    Ok(taken)
}

fn varint(bytes: &mut &[u8]) -> Result<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = take(bytes, 1)?[0];
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    bail!("the ONNX file is damaged")
}
