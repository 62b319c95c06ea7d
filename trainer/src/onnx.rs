//! Reads ONNX files: nodes, their attributes and constants. Only the types of values that Flow's own files hold.
//!
//! Field numbers are those of `onnx.proto3`.

mod wire;

use std::collections::HashMap;

use anyhow::{Context as _, Result, bail, ensure};

use wire::{Content, fields};

/// A model's graph.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    pub(crate) nodes: Vec<Node>,
    pub(crate) constants: HashMap<String, Tensor>,
    pub(crate) inputs: Vec<String>,
    pub(crate) outputs: Vec<String>,
}

/// One operator.
#[derive(Clone, Debug, Default)]
pub(crate) struct Node {
    pub(crate) operator: String,
    pub(crate) inputs: Vec<String>,
    pub(crate) outputs: Vec<String>,
    pub(crate) attributes: HashMap<String, Vec<i64>>,
}

impl Node {
    /// An attribute of integers, or its default.
    pub(crate) fn integers(&self, name: &str, default: &[i64]) -> Vec<i64> {
        self.attributes
            .get(name)
            .map_or_else(|| default.to_vec(), Clone::clone)
    }
}

/// A constant of the file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tensor {
    pub(crate) shape: Vec<usize>,
    pub(crate) values: Values,
}

/// The values of a tensor.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Values {
    F32(Vec<f32>),
    I8(Vec<i8>),
    I64(Vec<i64>),
}

impl Tensor {
    pub(crate) fn floats(&self) -> Option<&[f32]> {
        match &self.values {
            Values::F32(values) => Some(values),
            _ => None,
        }
    }

    pub(crate) fn scalar(&self) -> Option<f32> {
        match *self.floats()? {
            [value] => Some(value),
            _ => None,
        }
    }

    pub(crate) fn integers(&self) -> Option<&[i64]> {
        match &self.values {
            Values::I64(values) => Some(values),
            _ => None,
        }
    }

    pub(crate) fn integer(&self) -> Option<i64> {
        match *self.integers()? {
            [value] => Some(value),
            _ => None,
        }
    }

    /// Whether a reshape to this tensor's values leads to a shape. 0 stands for the examples, which stay.
    pub(crate) fn is_shape(&self, wanted: &[usize]) -> bool {
        let wanted = wanted.iter().map(|n| i64::try_from(*n).ok());
        let wanted = std::iter::once(Some(0)).chain(wanted);
        self.integers()
            .is_some_and(|to| to.iter().map(|n| Some(*n)).eq(wanted))
    }
}

/// Reads a file.
pub(crate) fn read(bytes: &[u8]) -> Result<Graph> {
    const GRAPH: u32 = 7;
    let mut graph = None;
    for field in fields(bytes) {
        if let (GRAPH, content) = field? {
            graph = Some(read_graph(content.bytes()?)?);
        }
    }
    graph.context("the ONNX file has no graph")
}

fn read_graph(bytes: &[u8]) -> Result<Graph> {
    let mut graph = Graph::default();
    for field in fields(bytes) {
        let (number, content) = field?;
        match number {
            1 => graph.nodes.push(read_node(content.bytes()?)?),
            5 => {
                let (name, tensor) = read_tensor(content.bytes()?)?;
                graph.constants.insert(name, tensor);
            }
            11 => graph.inputs.push(read_name(content)?),
            12 => graph.outputs.push(read_name(content)?),
            _ => {}
        }
    }
    Ok(graph)
}

fn read_name(value_info: Content<'_>) -> Result<String> {
    const NAME: u32 = 1;
    let mut name = String::new();
    for field in fields(value_info.bytes()?) {
        if let (NAME, content) = field? {
            content.text()?.clone_into(&mut name);
        }
    }
    Ok(name)
}

fn read_node(bytes: &[u8]) -> Result<Node> {
    let mut node = Node::default();
    for field in fields(bytes) {
        let (number, content) = field?;
        match number {
            1 => node.inputs.push(content.text()?.to_owned()),
            2 => node.outputs.push(content.text()?.to_owned()),
            4 => content.text()?.clone_into(&mut node.operator),
            5 => {
                let (name, integers) = read_attribute(content.bytes()?)?;
                node.attributes.insert(name, integers);
            }
            _ => {}
        }
    }
    Ok(node)
}

fn read_attribute(bytes: &[u8]) -> Result<(String, Vec<i64>)> {
    let (mut name, mut integers) = (String::new(), Vec::new());
    for field in fields(bytes) {
        let (number, content) = field?;
        match number {
            1 => content.text()?.clone_into(&mut name),
            3 => integers.push(content.signed()?),
            8 => content.signed_integers(&mut integers)?,
            // The type.
            20 => {}
            _ => bail!("the type of attribute {name:?} isn't known"),
        }
    }
    Ok((name, integers))
}

fn read_tensor(bytes: &[u8]) -> Result<(String, Tensor)> {
    let (mut name, mut dims, mut kind) = (String::new(), Vec::new(), 0);
    let mut raw: &[u8] = &[];
    for field in fields(bytes) {
        let (number, content) = field?;
        match number {
            1 => content.signed_integers(&mut dims)?,
            2 => kind = content.integer()?,
            8 => content.text()?.clone_into(&mut name),
            9 => raw = content.bytes()?,
            _ => bail!("tensor {name:?} isn't stored as raw data"),
        }
    }
    let (values, count) = match kind {
        1 => {
            let words = raw.as_chunks::<4>().0.iter();
            let values: Vec<f32> = words.map(|b| f32::from_le_bytes(*b)).collect();
            let count = values.len();
            (Values::F32(values), count)
        }
        3 => {
            let values = raw.iter().map(|b| b.cast_signed());
            (Values::I8(values.collect()), raw.len())
        }
        7 => {
            let words = raw.as_chunks::<8>().0.iter();
            let values: Vec<i64> = words.map(|b| i64::from_le_bytes(*b)).collect();
            let count = values.len();
            (Values::I64(values), count)
        }
        _ => bail!("tensor {name:?} has values of the unknown type {kind}"),
    };
    let dims = dims.into_iter().map(usize::try_from);
    let shape: Vec<usize> = dims.collect::<Result<_, _>>()?;
    ensure!(
        shape.iter().product::<usize>() == count,
        "tensor {name:?} has {count} values and the shape {shape:?}"
    );
    Ok((name, Tensor { shape, values }))
}
