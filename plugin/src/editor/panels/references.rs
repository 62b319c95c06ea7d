//! The page of references: which, how far towards them, and their figures beside yours.

use egui::{Align2, Context, Rect, Role, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};
use flow_dsp::Delivery;

use crate::editor::model::proposals::Amount;
use crate::editor::model::reference_import::ReferenceImport;
use crate::editor::panels::file_browser::{Chosen, FileBrowser};
use crate::editor::panels::menu::SOON;
use crate::editor::panels::proposal_row;
use crate::editor::panels::reference_comparison::{self, ComparisonView};
use crate::editor::widgets::param_ui::{Label, ParamUi};
use crate::editor::widgets::theme::{REDUCTION, SECONDARY, TERTIARY, TEXT, Theme, Weight};
use crate::references::{ReferenceStatus, References};

/// Width of the list.
const LIST: f32 = 300.0;
/// From one reference to the next.
const PITCH: f32 = 22.0;
/// Below the list: two lines.
const FOOT: f32 = 28.0;

/// What the window remembers of choosing and loading them.
#[derive(Default)]
pub(crate) struct ReferencesPanel {
    loading: ReferenceImport,
    chooser: Option<FileBrowser>,
    /// As it is dragged, between the steps of its grid.
    amount: Amount,
}

impl ReferencesPanel {
    /// Takes in the files that were heard by now. Each picture, whether the panel is open or not.
    pub(crate) fn go_on(&mut self, ctx: &Context, references: &References) {
        if self.loading.go_on(references) {
            ctx.request_repaint_after(SOON);
        }
    }

    /// Draws the panel.
    pub(crate) fn show(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        controls: &mut ParamUi<'_>,
        references: &References,
        compared: &ComparisonView<'_>,
    ) {
        let theme = controls.theme;
        let column =
            |left: f32, width: f32| Rect::from_x_y_ranges(left..=left + width, rect.y_range());
        let list = column(rect.left(), theme.px(LIST));
        let table = column(
            list.right() + theme.px(28.0),
            theme.px(reference_comparison::WIDTH),
        );
        let rest = Rect::from_min_max(pos2(table.right() + theme.px(28.0), rect.top()), rect.max);
        self.list(ui, list, controls, references);
        reference_comparison::show(ui, table, theme, references, compared);
        match &mut self.chooser {
            Some(chooser) => match chooser.show(ui, rest, controls) {
                Chosen::Nothing => {}
                Chosen::File(path) => {
                    self.loading.add(path);
                    // So that it is begun.
                    ui.ctx().request_repaint();
                }
                Chosen::Done => self.chooser = None,
            },
            None => self.aim(ui, rest, theme, references, compared.delivery),
        }
    }

    /// All of them, and what is on its way.
    fn list(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        controls: &mut ParamUi<'_>,
        references: &References,
    ) {
        let theme = controls.theme;
        let heading = rect.min + theme.vec(0.0, 6.0);
        let title = (11.5, Weight::Bold, SECONDARY);
        theme.text(
            ui.painter(),
            heading,
            Align2::LEFT_CENTER,
            "References",
            title,
        );
        let add = Rect::from_min_size(
            pos2(rect.right() - theme.px(64.0), rect.top() - theme.px(6.0)),
            theme.vec(64.0, 24.0),
        );
        let label = Label {
            name: "Add…",
            tip: "Choose songs that yours shall sound like",
        };
        if controls.button(ui, add, label, self.chooser.is_some()) {
            self.chooser = match self.chooser.take() {
                Some(_) => None,
                None => Some(FileBrowser::of_user()),
            };
        }
        let foot = Rect::from_min_max(pos2(rect.left(), rect.bottom() - theme.px(FOOT)), rect.max);
        let has_foot = self.foot(ui, foot, controls);
        let bottom = if has_foot { foot.top() } else { rect.bottom() };
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
                    for (place, listed) in references.list().iter().enumerate() {
                        let size = vec2(ui.available_width() - theme.px(10.0), theme.px(PITCH));
                        let (row, response) = ui.allocate_exact_size(size, Sense::hover());
                        if reference(ui, row, theme, (place, listed), response) {
                            removed = Some(place);
                        }
                    }
                });
        });
        if let Some(place) = removed {
            references.remove(place);
        }
    }

    /// The file that is being heard, with a way to call it off, or what went wrong; whether there is any of it.
    fn foot(&mut self, ui: &mut Ui, rect: Rect, controls: &mut ParamUi<'_>) -> bool {
        let theme = controls.theme;
        let said = self.loading.said();
        let (said, color) = match (&said, self.loading.fault()) {
            (Some(said), _) => (format!("Listening to {said}"), SECONDARY),
            (None, Some(fault)) => (fault.to_owned(), REDUCTION),
            (None, None) => return false,
        };
        let is_loading = self.loading.said().is_some();
        let room = rect.width() - theme.px(if is_loading { 64.0 } else { 0.0 });
        let font = theme.font(10.5, Weight::Regular);
        let mut job = egui::text::LayoutJob::simple(said.clone(), font, color, room);
        job.wrap.max_rows = 2;
        let written = ui.painter().layout_job(job);
        let middle = rect.center().y - written.size().y / 2.0;
        let at = pos2(rect.left(), middle);
        ui.painter().galley(at, written, color);
        let text = Rect::from_min_size(rect.min, vec2(room, rect.height()));
        ui.interact(text, ui.scope_id().with("loading"), Sense::hover())
            .on_hover_text(&said)
            .widget_info(|| WidgetInfo::labeled(Role::Label, true, &said));
        if is_loading {
            let place = Rect::from_min_max(
                pos2(rect.right() - theme.px(58.0), rect.top() + theme.px(3.0)),
                pos2(rect.right(), rect.bottom() - theme.px(3.0)),
            );
            let label = Label {
                name: "Cancel",
                tip: "No more of the files that are on their way",
            };
            if controls.button(ui, place, label, false) {
                self.loading.call_off();
            }
        }
        true
    }

    /// How far towards them, and what that means.
    fn aim(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        theme: Theme,
        references: &References,
        delivery: &Delivery,
    ) {
        let goal = references.target();
        let painter = ui.painter().clone();
        let title = (11.5, Weight::Bold, SECONDARY);
        let at = rect.min + theme.vec(0.0, 6.0);
        let mut top = rect.top();
        let said = if goal.is_empty() {
            "Add songs that yours shall sound like: WAV, FLAC, MP3, Ogg Vorbis or AIFF, up to an hour each. What is heard of \
         them stays in the project, and their files may go."
            .to_owned()
        } else {
            theme.text(
                &painter,
                at,
                Align2::LEFT_CENTER,
                "How much of the way",
                title,
            );
            let is_other = |amount: Amount| (amount.get() - goal.amount).abs() > 1e-3;
            if is_other(self.amount) {
                // A state was loaded.
                self.amount = Amount::new(goal.amount);
            }
            let field = Rect::from_min_size(
                pos2(rect.left() + theme.px(140.0), rect.top() - theme.px(5.0)),
                theme.vec(60.0, 22.0),
            );
            proposal_row::amount(
                ui,
                field,
                theme,
                &mut self.amount,
                "amount towards references",
            );
            if is_other(self.amount) {
                references.set_amount(self.amount.get());
            }
            top += theme.px(26.0);
            let loudness = match delivery.target_lufs {
                Some(_) => format!("Loudness stays that of {}.", delivery.name),
                None => format!("Loudness too, as {} asks for none.", delivery.name),
            };
            format!(
                "Balance and width are proposed towards {}. {loudness} What they don't have (no treble in an \
             MP3, no sides in mono) isn't asked for.",
                goal.name()
            )
        };
        let font = theme.font(11.5, Weight::Regular);
        let text = painter.layout(
            said.clone(),
            font,
            SECONDARY,
            rect.width().min(theme.px(360.0)),
        );
        let place = Rect::from_min_size(pos2(rect.left(), top), text.size());
        painter.galley(place.min, text, SECONDARY);
        ui.interact(place, ui.scope_id().with("aim"), Sense::hover())
            .widget_info(|| WidgetInfo::labeled(Role::Label, true, &said));
    }
}

/// One of them; true if it shall go.
fn reference(
    ui: &Ui,
    row: Rect,
    theme: Theme,
    (place, listed): (usize, &ReferenceStatus),
    response: egui::Response,
) -> bool {
    let ReferenceStatus { name, fault } = listed;
    let painter = ui.painter();
    let (said, color) = match fault {
        None => (format!("reference {name}"), TEXT),
        Some(fault) => (format!("reference {name}: {fault}"), TERTIARY),
    };
    let room = row.width() - theme.px(24.0);
    let written = match fault {
        None => name.clone(),
        Some(fault) => format!("{name} ({fault})"),
    };
    let style = (11.5, Weight::Regular, color);
    let left = Align2::LEFT_CENTER;
    theme.line(painter, row.left_center(), left, &written, room, style);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &said));
    response.on_hover_text(fault.as_deref().unwrap_or(name));
    let cross = Rect::from_min_max(pos2(row.right() - theme.px(20.0), row.top()), row.max);
    let id = ui.scope_id().with(("remove", place));
    let away = ui.interact(cross, id, Sense::click());
    away.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("remove {name}")));
    let color = if away.hovered() { TEXT } else { TERTIARY };
    let style = (11.5, Weight::Bold, color);
    theme.text(painter, cross.center(), Align2::CENTER_CENTER, "×", style);
    theme.focus(painter, cross, &away);
    away.on_hover_text("No more towards this one").clicked()
}
