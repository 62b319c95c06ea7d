//! The page of the references: the list, the amount of matching, and the figures beside the user's own.

use egui::{
    Align2, Context, Rect, Response, Role, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use crate::editor::model::editor_model::EditorView;
use crate::editor::model::proposals::Amount;
use crate::editor::model::reference_import::ReferenceImport;
use crate::editor::panels::file_browser::{FileBrowser, FileChoice};
use crate::editor::panels::reference_comparison;
use crate::editor::widgets::amount_field;
use crate::editor::widgets::param_ui::ParamUi;
use crate::editor::widgets::theme::{POLL_INTERVAL, Theme, bold, regular};
use crate::references::{ReferenceStatus, References};

/// Width of the list.
const LIST_WIDTH: f32 = 300.0;
/// Height of a reference.
const ROW_HEIGHT: f32 = 22.0;
/// Height of the two lines below the list.
const FOOTER_HEIGHT: f32 = 28.0;

/// The page's state.
#[derive(Default)]
pub(crate) struct ReferencesPanel {
    import: ReferenceImport,
    browser: Option<FileBrowser>,
    /// The dragged amount, between the steps of its grid.
    amount: Amount,
}

impl ReferencesPanel {
    /// Takes analyzed files. Called in every frame, also while the page is closed.
    pub(crate) fn poll_import(&mut self, ctx: &Context, references: &References) {
        if self.import.poll(references) {
            ctx.request_repaint_after(POLL_INTERVAL);
        }
    }

    /// Draws the page.
    pub(crate) fn show(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        controls: &ParamUi<'_>,
        view: &EditorView<'_>,
    ) {
        let theme = controls.theme;
        let column =
            |left: f32, width: f32| Rect::from_x_y_ranges(left..=left + width, rect.y_range());
        let gap = theme.px(28.0);
        let list = column(rect.left(), theme.px(LIST_WIDTH));
        let table = column(list.right() + gap, theme.px(reference_comparison::WIDTH));
        let rest = Rect::from_min_max(pos2(table.right() + gap, rect.top()), rect.max);
        self.list(ui, list, controls, &view.shared.params.references);
        reference_comparison::show(ui, table, theme, view);
        match &mut self.browser {
            Some(browser) => match browser.show(ui, rest, controls) {
                FileChoice::None => {}
                FileChoice::File(path) => {
                    self.import.add(path);
                    // The next frame starts the import.
                    ui.ctx().request_repaint();
                }
                FileChoice::Done => self.browser = None,
            },
            None => self.matching(ui, rest, theme, view),
        }
    }

    /// The references and the import's progress.
    fn list(&mut self, ui: &mut Ui, rect: Rect, controls: &ParamUi<'_>, references: &References) {
        let theme = controls.theme;
        let at = rect.min + theme.vec(0.0, 6.0);
        let style = bold(11.5, theme.color.secondary);
        theme.text(ui.painter(), at, Align2::LEFT_CENTER, "References", style);
        let add = Rect::from_min_size(
            pos2(rect.right() - theme.px(64.0), rect.top() - theme.px(6.0)),
            theme.vec(64.0, 24.0),
        );
        let tip = "Adds songs that yours should sound like";
        if controls.button(ui, add, "Add…", tip, self.browser.is_some()) {
            self.browser = match self.browser.take() {
                Some(_) => None,
                None => Some(FileBrowser::in_music_folder()),
            };
        }
        let footer = rect.with_min_y(rect.bottom() - theme.px(FOOTER_HEIGHT));
        let has_footer = self.footer(ui, footer, controls);
        let bottom = if has_footer {
            footer.top()
        } else {
            rect.bottom()
        };
        let rows = Rect::from_min_max(
            pos2(rect.left(), add.bottom() + theme.px(4.0)),
            pos2(rect.right(), bottom),
        );
        let mut removed = None;
        ui.scope_builder(UiBuilder::new().max_rect(rows), |ui| {
            ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
            ScrollArea::vertical()
                .id_salt("references")
                .auto_shrink(false)
                .show(ui, |ui| {
                    for (index, listed) in references.list().iter().enumerate() {
                        let size =
                            vec2(ui.available_width() - theme.px(10.0), theme.px(ROW_HEIGHT));
                        let (row, response) = ui.allocate_exact_size(size, Sense::hover());
                        if reference_row(ui, row, theme, (index, listed), response) {
                            removed = Some(index);
                        }
                    }
                });
        });
        if let Some(index) = removed {
            references.remove(index);
        }
    }

    /// Draws the import's progress with *Cancel*, or its last error. Returns whether there is one of them.
    fn footer(&mut self, ui: &mut Ui, rect: Rect, controls: &ParamUi<'_>) -> bool {
        let theme = controls.theme;
        let progress = self.import.progress_text();
        let is_importing = progress.is_some();
        let (text, color) = match (progress, self.import.error()) {
            (Some(progress), _) => (format!("Analyzing {progress}"), theme.color.secondary),
            (None, Some(error)) => (error.to_owned(), theme.color.reduction),
            (None, None) => return false,
        };
        let width = rect.width() - theme.px(if is_importing { 64.0 } else { 0.0 });
        let galley = theme.lines(ui.painter(), &text, (width, 2), regular(10.5, color));
        let top = rect.center().y - galley.size().y / 2.0;
        ui.painter().galley(pos2(rect.left(), top), galley, color);
        let place = Rect::from_min_size(rect.min, vec2(width, rect.height()));
        ui.interact(place, ui.scope_id().with("import"), Sense::hover())
            .on_hover_text(&text)
            .widget_info(|| WidgetInfo::labeled(Role::Label, true, &text));
        if is_importing {
            let place = Rect::from_min_max(
                pos2(rect.right() - theme.px(58.0), rect.top() + theme.px(3.0)),
                pos2(rect.right(), rect.bottom() - theme.px(3.0)),
            );
            let tip = "Stops the import of the remaining files";
            if controls.button(ui, place, "Cancel", tip, false) {
                self.import.cancel();
            }
        }
        true
    }

    /// The amount of matching, and an explanation.
    fn matching(&mut self, ui: &mut Ui, rect: Rect, theme: Theme, view: &EditorView<'_>) {
        let references = &view.shared.params.references;
        let delivery = view.delivery;
        let target = references.target();
        let painter = ui.painter().clone();
        let mut top = rect.top();
        let text = if target.is_empty() {
            "Add songs that yours should sound like: WAV, AIFF, FLAC, MP3, Ogg Vorbis, Opus, AAC or ALAC, up to an hour \
             each. The project keeps their analysis, so you may delete the files."
                .to_owned()
        } else {
            let at = rect.min + theme.vec(0.0, 6.0);
            let style = bold(11.5, theme.color.secondary);
            theme.text(&painter, at, Align2::LEFT_CENTER, "Match amount", style);
            let differs = |amount: Amount| (amount.get() - target.amount).abs() > 1e-3;
            if differs(self.amount) {
                // A state was loaded.
                self.amount = Amount::new(target.amount);
            }
            let field = Rect::from_min_size(
                pos2(rect.left() + theme.px(140.0), rect.top() - theme.px(5.0)),
                theme.vec(60.0, 22.0),
            );
            amount_field::show(ui, field, theme, &mut self.amount, "match amount");
            if differs(self.amount) {
                references.set_amount(self.amount.get());
            }
            top += theme.px(26.0);
            let loudness = match delivery.target_lufs {
                Some(_) => format!("The loudness target stays that of {}.", delivery.name),
                None => format!("Loudness follows too, as {} has no target.", delivery.name),
            };
            format!(
                "Balance and width are proposed towards {}. {loudness} A range that the references lack (treble in an \
                 MP3, sides in mono) is left out.",
                target.name()
            )
        };
        let width = (rect.width() / theme.scale()).min(360.0);
        let at = pos2(rect.left(), top);
        let place = theme.paragraph(
            &painter,
            at,
            &text,
            width,
            regular(11.5, theme.color.secondary),
        );
        ui.interact(place, ui.scope_id().with("matching"), Sense::hover())
            .widget_info(|| WidgetInfo::labeled(Role::Label, true, &text));
    }
}

/// Draws a reference. Returns whether its cross was clicked.
fn reference_row(
    ui: &Ui,
    row: Rect,
    theme: Theme,
    (index, ReferenceStatus { name, fault }): (usize, &ReferenceStatus),
    response: Response,
) -> bool {
    let painter = ui.painter();
    let (description, text, color) = match fault {
        None => (format!("reference {name}"), name.clone(), theme.color.text),
        Some(fault) => (
            format!("reference {name}: {fault}"),
            format!("{name} ({fault})"),
            theme.color.tertiary,
        ),
    };
    let width = row.width() - theme.px(24.0);
    let left = Align2::LEFT_CENTER;
    theme.line(
        painter,
        row.left_center(),
        left,
        &text,
        width,
        regular(11.5, color),
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &description));
    response.on_hover_text(fault.as_deref().unwrap_or(name));
    let cross = row.with_min_x(row.right() - theme.px(20.0));
    let id = ui.scope_id().with(("remove", index));
    let remove = ui.interact(cross, id, Sense::click());
    remove.widget_info(|| {
        WidgetInfo::labeled(
            Role::Button,
            true,
            format!("remove reference {}: {name}", index + 1),
        )
    });
    theme.cross(painter, cross, &remove);
    remove.on_hover_text("Removes this reference").clicked()
}
