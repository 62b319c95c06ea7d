//! Songs that the assistant leads to: which, how far, and their figures beside those of what was heard.

use egui::{
    Align2, Context, Rect, Role, ScrollArea, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, remap,
    vec2,
};
use flow_dsp::{ChainSettings, Delivery};
use flow_inference::analysis::Analysis;
use flow_inference::effect::Effect;
use flow_inference::figures::Figures;

use super::balance::NAMES;
use super::chooser::{Chooser, Chosen};
use super::controls::{Desk, Label};
use super::decisions::Amount;
use super::loading::Loading;
use super::look::{
    ANCHORS, LINE, Look, OUTPUT, REDUCTION, SECONDARY, TARGET, TERTIARY, TEXT, Weight,
};
use super::menu::SOON;
use super::meters_panel::level;
use super::proposals;
use crate::references::{Listed, References};

/// Widths of the list, and of the table.
const LIST: f32 = 300.0;
const TABLE: f32 = 440.0;
/// From one reference to the next, and from one figure to the next.
const PITCH: f32 = 22.0;
const ROW: f32 = 20.0;
/// Below the list: two lines.
const FOOT: f32 = 28.0;
/// Ends of the tracks of differences, dB.
const REACH_DB: f32 = 6.0;

/// What the window remembers of choosing and loading them.
#[derive(Default)]
pub(crate) struct ReferencesPanel {
    loading: Loading,
    chooser: Option<Chooser>,
    /// As it is dragged, between the steps of its grid.
    amount: Amount,
}

/// What the panel shows.
pub(crate) struct Compared<'a> {
    pub(crate) analysis: Option<&'a Analysis>,
    pub(crate) settings: &'a ChainSettings,
    pub(crate) delivery: &'a Delivery,
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
        desk: &mut Desk<'_>,
        references: &References,
        compared: &Compared<'_>,
    ) {
        let look = desk.look;
        let column =
            |left: f32, width: f32| Rect::from_x_y_ranges(left..=left + width, rect.y_range());
        let list = column(rect.left(), look.px(LIST));
        let table = column(list.right() + look.px(28.0), look.px(TABLE));
        let rest = Rect::from_min_max(pos2(table.right() + look.px(28.0), rect.top()), rect.max);
        self.list(ui, list, desk, references);
        figures(ui, table, look, references, compared);
        match &mut self.chooser {
            Some(chooser) => match chooser.show(ui, rest, desk) {
                Chosen::Nothing => {}
                Chosen::File(path) => {
                    self.loading.add(path);
                    // So that it is begun.
                    ui.ctx().request_repaint();
                }
                Chosen::Done => self.chooser = None,
            },
            None => self.aim(ui, rest, look, references, compared.delivery),
        }
    }

    /// All of them, and what is on its way.
    fn list(&mut self, ui: &mut Ui, rect: Rect, desk: &mut Desk<'_>, references: &References) {
        let look = desk.look;
        let heading = rect.min + look.vec(0.0, 6.0);
        let title = (11.5, Weight::Bold, SECONDARY);
        look.text(
            ui.painter(),
            heading,
            Align2::LEFT_CENTER,
            "References",
            title,
        );
        let add = Rect::from_min_size(
            pos2(rect.right() - look.px(64.0), rect.top() - look.px(6.0)),
            look.vec(64.0, 24.0),
        );
        let label = Label {
            name: "Add…",
            tip: "Choose songs that yours shall sound like",
        };
        if desk.button(ui, add, label, self.chooser.is_some()) {
            self.chooser = match self.chooser.take() {
                Some(_) => None,
                None => Some(Chooser::of_user()),
            };
        }
        let foot = Rect::from_min_max(pos2(rect.left(), rect.bottom() - look.px(FOOT)), rect.max);
        let has_foot = self.foot(ui, foot, desk);
        let bottom = if has_foot { foot.top() } else { rect.bottom() };
        let rows = Rect::from_min_max(
            pos2(rect.left(), add.bottom() + look.px(4.0)),
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
                        let size = vec2(ui.available_width() - look.px(10.0), look.px(PITCH));
                        let (row, response) = ui.allocate_exact_size(size, Sense::hover());
                        if reference(ui, row, look, (place, listed), response) {
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
    fn foot(&mut self, ui: &mut Ui, rect: Rect, desk: &mut Desk<'_>) -> bool {
        let look = desk.look;
        let said = self.loading.said();
        let (said, color) = match (&said, self.loading.fault()) {
            (Some(said), _) => (format!("Listening to {said}"), SECONDARY),
            (None, Some(fault)) => (fault.to_owned(), REDUCTION),
            (None, None) => return false,
        };
        let is_loading = self.loading.said().is_some();
        let room = rect.width() - look.px(if is_loading { 64.0 } else { 0.0 });
        let font = look.font(10.5, Weight::Regular);
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
                pos2(rect.right() - look.px(58.0), rect.top() + look.px(3.0)),
                pos2(rect.right(), rect.bottom() - look.px(3.0)),
            );
            let label = Label {
                name: "Cancel",
                tip: "No more of the files that are on their way",
            };
            if desk.button(ui, place, label, false) {
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
        look: Look,
        references: &References,
        delivery: &Delivery,
    ) {
        let goal = references.goal();
        let painter = ui.painter().clone();
        let title = (11.5, Weight::Bold, SECONDARY);
        let at = rect.min + look.vec(0.0, 6.0);
        let mut top = rect.top();
        let said = if goal.is_empty() {
            "Add songs that yours shall sound like: WAV, FLAC, MP3, Ogg Vorbis or AIFF, up to an hour each. What is heard of \
         them stays in the project, and their files may go."
            .to_owned()
        } else {
            look.text(
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
                pos2(rect.left() + look.px(140.0), rect.top() - look.px(5.0)),
                look.vec(60.0, 22.0),
            );
            proposals::amount(
                ui,
                field,
                look,
                &mut self.amount,
                "amount towards references",
            );
            if is_other(self.amount) {
                references.set_amount(self.amount.get());
            }
            top += look.px(26.0);
            let loudness = match delivery.target_lufs {
                Some(_) => format!("Loudness stays that of {}.", delivery.name),
                None => format!("Loudness too, as {} asks for none.", delivery.name),
            };
            format!(
                "Balance and width are proposed towards {}, in broad strokes. {loudness} What they don't have (no treble in an \
             MP3, no sides in mono) isn't asked for.",
                goal.name()
            )
        };
        let font = look.font(11.5, Weight::Regular);
        let text = painter.layout(
            said.clone(),
            font,
            SECONDARY,
            rect.width().min(look.px(360.0)),
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
    look: Look,
    (place, listed): (usize, &Listed),
    response: egui::Response,
) -> bool {
    let Listed { name, fault } = listed;
    let painter = ui.painter();
    let (said, color) = match fault {
        None => (format!("reference {name}"), TEXT),
        Some(fault) => (format!("reference {name}: {fault}"), TERTIARY),
    };
    let room = row.width() - look.px(24.0);
    let written = match fault {
        None => name.clone(),
        Some(fault) => format!("{name} ({fault})"),
    };
    let style = (11.5, Weight::Regular, color);
    let left = Align2::LEFT_CENTER;
    look.line(painter, row.left_center(), left, &written, room, style);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &said));
    response.on_hover_text(fault.as_deref().unwrap_or(name));
    let cross = Rect::from_min_max(pos2(row.right() - look.px(20.0), row.top()), row.max);
    let id = ui.scope_id().with(("remove", place));
    let away = ui.interact(cross, id, Sense::click());
    away.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("remove {name}")));
    let color = if away.hovered() { TEXT } else { TERTIARY };
    let style = (11.5, Weight::Bold, color);
    look.text(painter, cross.center(), Align2::CENTER_CENTER, "×", style);
    look.focus(painter, cross, &away);
    away.on_hover_text("No more towards this one").clicked()
}

/// A line of the table.
struct Row {
    name: &'static str,
    unit: &'static str,
    tip: &'static str,
    values: [Option<f32>; 2],
    /// Whether both can be compared.
    is_alike: bool,
}

/// What comes out now, as far as it can be told, and the references.
fn rows(references: &References, compared: &Compared<'_>) -> Vec<Row> {
    let yours = compared.analysis.map(|analysis| {
        let mut figures = Figures::of(&analysis.summary);
        figures.loudness_lufs = analysis.song.map(|song| song.lufs);
        figures.after(&Effect::of(&analysis.summary, compared.settings))
    });
    let goal = references.goal();
    let theirs = (!goal.is_empty()).then(|| Figures::mean(&goal.references));
    let row = |name, unit, tip, of: &dyn Fn(&Figures) -> Option<f32>| Row {
        name,
        unit,
        tip,
        values: [yours.as_ref().and_then(of), theirs.as_ref().and_then(of)],
        is_alike: true,
    };
    let anchor = "Level of the anchor against all of the sound";
    let anchors = NAMES.iter().enumerate();
    let anchors = anchors.map(|(i, name)| row(name, "dB", anchor, &|f| f.anchors_db[i]));
    let rest = [
        row(
            "Loudness",
            "LUFS",
            "Of whole songs: of yours, as far as it can be told from what was heard",
            &|f| f.loudness_lufs,
        ),
        row(
            "PLR",
            "dB",
            "Peak to loudness ratio: little of it is dense, much is dynamic",
            &|f| f.plr_db,
        ),
        Row {
            is_alike: false,
            ..row(
                "Range",
                "LU",
                "Loudness range. A part has less of it than a song, so there is no difference to tell",
                &|f| f.range_lu,
            )
        },
        row(
            "Width",
            "dB",
            "Level of the sides against the middle",
            &|f| f.side_db,
        ),
    ];
    anchors.chain(rest).collect()
}

/// Side by side.
fn figures(ui: &Ui, rect: Rect, look: Look, references: &References, compared: &Compared<'_>) {
    let painter = ui.painter();
    let (left, right) = (Align2::LEFT_CENTER, Align2::RIGHT_CENTER);
    let x = |from_left: f32| rect.left() + look.px(from_left);
    let title = (11.5, Weight::Bold, SECONDARY);
    let head = rect.top() + look.px(6.0);
    let yours = match compared.analysis {
        Some(_) => "yours now",
        None => "yours: not heard yet",
    };
    look.text(painter, pos2(x(180.0), head), right, yours, title);
    look.text(painter, pos2(x(270.0), head), right, "references", title);
    look.text(painter, pos2(x(350.0), head), right, "difference", title);
    for (i, row) in rows(references, compared).iter().enumerate() {
        // A table has few lines.
        #[allow(clippy::cast_precision_loss)]
        let y = rect.top() + look.px(32.0 + ROW * i as f32);
        let normal = (11.5, Weight::Regular, TEXT);
        let label = (11.5, Weight::Regular, SECONDARY);
        let mut name_x = x(0.0);
        if let Some(color) = ANCHORS.get(i) {
            painter.circle_filled(pos2(x(4.0), y), look.px(3.5), *color);
            name_x = x(14.0);
        }
        look.text(painter, pos2(name_x, y), left, row.name, label);
        let written = |value: Option<f32>| match value {
            Some(value) => format!("{} {}", level(value, 1), row.unit),
            None => "—".to_owned(),
        };
        let [yours, theirs] = row.values;
        look.text(painter, pos2(x(180.0), y), right, written(yours), normal);
        look.text(painter, pos2(x(270.0), y), right, written(theirs), normal);
        let by = yours.zip(theirs).filter(|_| row.is_alike);
        let by = by.map(|(yours, theirs)| yours - theirs);
        let difference = by.map_or_else(|| "—".to_owned(), |by| signed(by));
        look.text(painter, pos2(x(350.0), y), right, &difference, normal);
        if let Some(by) = by {
            let track = Rect::from_min_max(
                pos2(x(364.0), y - look.px(2.5)),
                pos2(x(TABLE), y + look.px(2.5)),
            );
            deviation(painter, track, look, by);
        }
        let line = Rect::from_x_y_ranges(rect.x_range(), y - look.px(10.0)..=y + look.px(10.0));
        let said = format!(
            "{}: yours {}, references {}, difference {difference}",
            row.name,
            written(yours),
            written(theirs)
        );
        ui.interact(line, ui.scope_id().with(("figure", i)), Sense::hover())
            .on_hover_text(row.tip)
            .widget_info(|| WidgetInfo::labeled(Role::Label, true, &said));
    }
}

/// From the middle, where both are alike.
fn deviation(painter: &egui::Painter, track: Rect, look: Look, by: f32) {
    painter.rect_filled(track, look.radius(2.0), LINE);
    let at = |db: f32| {
        let db = db.clamp(-REACH_DB, REACH_DB);
        remap(db, -REACH_DB..=REACH_DB, track.x_range())
    };
    let (zero, here) = (at(0.0), at(by));
    let bar = Rect::from_x_y_ranges(zero.min(here)..=zero.max(here), track.y_range());
    painter.rect_filled(bar, look.radius(2.0), OUTPUT);
    let mark = track.y_range().expand(look.px(2.0));
    painter.vline(zero, mark, Stroke::new(look.px(1.0), TARGET));
}

fn signed(by: f32) -> String {
    let sign = if by >= 0.05 { "+" } else { "" };
    format!("{sign}{}", level(by, 1))
}
