//! Filled shapes of plots.

use egui::{Color32, Mesh, Pos2, Shape, pos2};

/// The area between a line and a baseline.
pub(crate) fn area(line: &[Pos2], baseline: f32, color: Color32) -> Shape {
    let edges = line.iter().map(|&point| (point, pos2(point.x, baseline)));
    band(edges, color, color.gamma_multiply(0.6))
}

/// The area between pairs of points, each edge with its color.
pub(crate) fn band(
    edges: impl Iterator<Item = (Pos2, Pos2)>,
    upper_color: Color32,
    lower_color: Color32,
) -> Shape {
    let mut mesh = Mesh::default();
    for (upper, lower) in edges {
        mesh.colored_vertex(upper, upper_color);
        mesh.colored_vertex(lower, lower_color);
        let n = u32::try_from(mesh.vertices.len()).unwrap_or(0);
        if n >= 4 {
            mesh.add_triangle(n - 4, n - 3, n - 2);
            mesh.add_triangle(n - 3, n - 2, n - 1);
        }
    }
    Shape::mesh(mesh)
}
