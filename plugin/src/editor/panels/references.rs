//! The page of the references: the list, the figures beside the user's own, the song that is heard, and both spectra.

mod comparison;
mod row;
mod spectra;

use std::path::Path;

use egui::{Align2, Context, Rect, Role, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};
use flow_params::ParameterId;

use self::row::RowChoice;
use crate::audio::player::{PlayerView, SongView};
use crate::editor::language::{key, text, translate, translate_message};
use crate::editor::model::editor_model::EditorView;
use crate::editor::model::proposals::Amount;
use crate::editor::panels::file_browser::{FileBrowser, FileChoice};
use crate::editor::widgets::amount_field;
use crate::editor::widgets::param_ui::ParamUi;
use crate::editor::widgets::theme::{POLL_INTERVAL, Theme, bold, regular};
use crate::editor::widgets::waveform_view::{
    self, StatusKind, StatusLine, WaveformDrag, WaveformTexts, time,
};
use crate::plugin_shared::PluginShared;
use crate::references::References;

/// Width of the list.
const LIST_WIDTH: f32 = 276.0;
/// Gap between columns.
const GAP: f32 = 24.0;
/// Height of a reference.
const ROW_HEIGHT: f32 = 22.0;
/// Height of the two lines about the import.
const FOOTER_HEIGHT: f32 = 28.0;
/// Height of the line of the amount.
const AMOUNT_HEIGHT: f32 = 28.0;
/// Height of the waveform.
const WAVEFORM_HEIGHT: f32 = 52.0;

const TEXTS: WaveformTexts = WaveformTexts {
    prefix: key!("reference "),
    hint: key!("Press play beside a reference to hear it in place of the master"),
};

/// The page's state.
#[derive(Default)]
pub(crate) struct ReferencesPanel {
    browser: Option<FileBrowser>,
    /// The dragged amount, between the steps of its grid.
    amount: Amount,
    drag: Option<WaveformDrag>,
    /// The numbers of loaded states and of edits in the last frame.
    seen: [u32; 2],
}

impl ReferencesPanel {
    /// Follows the import, and the song that is heard. Called in every frame, also while the page is closed.
    pub(crate) fn poll(&mut self, ctx: &Context, shared: &PluginShared) {
        let references = &shared.params.references;
        let is_importing = shared.reference_import.lock().poll(&shared.params);
        let readings = shared.meters.read();
        let reference = &shared.reference;
        let is_bypassed = shared.params.get(ParameterId::Bypass).normalized() > 0.5;
        let monitor = &shared.monitor;
        let is_moving = reference.update(shared.chain_rate_hz(), monitor, &readings, is_bypassed);
        if is_importing || is_moving {
            ctx.request_repaint_after(POLL_INTERVAL);
        }
        let seen = [references.project(), references.edits()];
        let last = std::mem::replace(&mut self.seen, seen);
        if last[0] != seen[0] {
            // Another project was loaded.
            shared.monitor.cancel_reference_request();
        }
        if last != seen {
            let list = references.list();
            let paths: Vec<&Path> = list.iter().filter_map(|l| l.path.as_deref()).collect();
            if reference.keep(&paths, &shared.monitor) {
                // The audio thread gives the song back.
                shared.host.wake();
            }
        }
    }

    /// Draws the page.
    pub(crate) fn show(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        controls: &mut ParamUi<'_>,
        view: &EditorView<'_>,
    ) {
        let theme = controls.theme;
        let column =
            |left: f32, width: f32| Rect::from_x_y_ranges(left..=left + width, rect.y_range());
        let gap = theme.px(GAP);
        let list = column(rect.left(), theme.px(LIST_WIDTH));
        let table = column(list.right() + gap, theme.px(comparison::WIDTH));
        let rest = Rect::from_min_max(pos2(table.right() + gap, rect.top()), rect.max);
        self.list(ui, list, controls, view.shared);
        let bottom = comparison::show(ui, table, theme, view);
        explanation(ui, table.with_min_y(bottom), theme, view);
        match &mut self.browser {
            Some(browser) => match browser.show(ui, rest, controls) {
                FileChoice::None => {}
                FileChoice::File(path) => {
                    let mut import = view.shared.reference_import.lock();
                    import.add(path, &view.shared.params);
                    // The next frame starts the import.
                    ui.ctx().request_repaint();
                }
                FileChoice::Done => self.browser = None,
            },
            None => self.song(ui, rest, controls, view),
        }
    }

    /// The references, the import's progress, and the amount of matching.
    fn list(&mut self, ui: &mut Ui, rect: Rect, controls: &mut ParamUi<'_>, shared: &PluginShared) {
        let theme = controls.theme;
        let references = &shared.params.references;
        let at = rect.min + theme.vec(0.0, 6.0);
        let style = bold(11.5, theme.color.secondary);
        theme.text(
            ui.painter(),
            at,
            Align2::LEFT_CENTER,
            text!("References"),
            style,
        );
        let add = Rect::from_min_size(
            pos2(rect.right() - theme.px(64.0), rect.top() - theme.px(6.0)),
            theme.vec(64.0, 24.0),
        );
        let tip = text!("Adds songs that yours should sound like");
        if controls.button(ui, add, text!("Add…"), tip, self.browser.is_some()) {
            self.browser = match self.browser.take() {
                Some(_) => None,
                None => Some(FileBrowser::in_music_folder()),
            };
        }
        let mut bottom = rect.bottom();
        if !references.target().is_empty() {
            let line = rect.with_min_y(bottom - theme.px(AMOUNT_HEIGHT));
            self.amount(ui, line, controls, references);
            bottom = line.top();
        }
        let footer =
            Rect::from_x_y_ranges(rect.x_range(), bottom - theme.px(FOOTER_HEIGHT)..=bottom);
        if footer_line(ui, footer, controls, shared) {
            bottom = footer.top();
        }
        let rows = Rect::from_min_max(
            pos2(rect.left(), add.bottom() + theme.px(4.0)),
            pos2(rect.right(), bottom),
        );
        let mut chosen = None;
        ui.scope_builder(UiBuilder::new().max_rect(rows), |ui| {
            ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
            ScrollArea::vertical()
                .id_salt("references")
                .auto_shrink(false)
                .show(ui, |ui| {
                    for (index, listed) in references.list().iter().enumerate() {
                        let size =
                            vec2(ui.available_width() - theme.px(10.0), theme.px(ROW_HEIGHT));
                        let (place, _) = ui.allocate_exact_size(size, Sense::hover());
                        let choice = row::show(ui, place, theme, (index, listed), shared);
                        chosen = choice.map(|choice| (index, choice)).or(chosen.take());
                    }
                });
        });
        match chosen {
            Some((index, RowChoice::Remove)) => controls.history.remove_reference(index),
            Some((index, RowChoice::Hear)) => {
                if let Some(path) = references.list().get(index).and_then(|l| l.path.as_deref()) {
                    hear(shared, path);
                    ui.ctx().request_repaint();
                }
            }
            None => {}
        }
    }

    /// The amount of matching.
    fn amount(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        controls: &mut ParamUi<'_>,
        references: &References,
    ) {
        let theme = controls.theme;
        let target = references.target();
        let at = pos2(rect.left(), rect.center().y + theme.px(3.0));
        let style = bold(11.5, theme.color.secondary);
        theme.text(
            ui.painter(),
            at,
            Align2::LEFT_CENTER,
            text!("Match amount"),
            style,
        );
        let differs = |amount: Amount| (amount.get() - target.amount).abs() > 1e-3;
        if differs(self.amount) {
            // A state was loaded.
            self.amount = Amount::new(target.amount);
        }
        let field = Rect::from_center_size(
            pos2(rect.right() - theme.px(30.0), at.y),
            theme.vec(60.0, 22.0),
        );
        amount_field::show(ui, field, theme, &mut self.amount, text!("match amount"));
        if differs(self.amount) {
            let time_s = ui.input(|i| i.time);
            controls.history.set_match_amount(self.amount.get(), time_s);
        }
    }

    /// The song that is heard with its waveform, and both spectra.
    fn song(&mut self, ui: &mut Ui, rect: Rect, controls: &ParamUi<'_>, view: &EditorView<'_>) {
        let theme = controls.theme;
        let shared = view.shared;
        let top = rect.top() + theme.px(22.0);
        let well = Rect::from_x_y_ranges(rect.x_range(), top..=top + theme.px(WAVEFORM_HEIGHT));
        let is_heard = shared.monitor.get().reference;
        let drag = &mut self.drag;
        let shown = shared.reference.view(|player| {
            let song = player.song.as_ref();
            title(ui, rect.with_max_y(top), theme, song);
            let path = song.map(|song| song.path.to_owned());
            let status = status(player);
            let shown = (player, status.as_ref(), TEXTS);
            let scope = ui.scope_builder(UiBuilder::new().id_salt("reference song"), |ui| {
                waveform_view::show(ui, well, theme, shown, drag)
            });
            (scope.inner, path)
        });
        let Some((action, path)) = shown else {
            return;
        };
        if let Some(action) = action {
            shared.reference.perform(action, &shared.monitor);
        }
        if path.is_some() {
            let top = rect.top() - theme.px(5.0);
            let place = |from_right: f32, width: f32| {
                let corner = pos2(rect.right() - theme.px(from_right), top);
                Rect::from_min_size(corner, theme.vec(width, 22.0))
            };
            let close_place = place(18.0, 18.0);
            let place = place(78.0, 56.0);
            let (names, tip) = if is_heard {
                (
                    [text!("End"), text!("End reference")],
                    text!("Ends the reference: you hear the master again"),
                )
            } else {
                let tip =
                    text!("Plays the reference in place of the master, as loud as the master");
                ([text!("Hear"), text!("Hear reference")], tip)
            };
            if controls.named_button(ui, place, names, tip, is_heard) {
                toggle(shared, is_heard);
                ui.ctx().request_repaint();
            }
            close_button(ui, close_place, theme, shared);
        }
        let plot = rect.with_min_y(well.bottom() + theme.px(8.0));
        spectra::show(ui, plot, theme, view, path.as_deref());
    }
}

/// Draws the import's progress with *Cancel*, or its last error. Returns whether there is one of them.
fn footer_line(ui: &mut Ui, rect: Rect, controls: &ParamUi<'_>, shared: &PluginShared) -> bool {
    let theme = controls.theme;
    let mut import = shared.reference_import.lock();
    let progress = import.progress_text();
    let is_importing = progress.is_some();
    let errors = import.errors();
    let all = errors.join("\n");
    let (text, all, color) = match (progress, &errors[..]) {
        (Some(progress), _) => {
            let text = text!("Analyzing {progress}", progress);
            (text.clone(), text, theme.color.secondary)
        }
        (None, [error]) => (error.clone(), all, theme.color.reduction),
        (None, [.., error]) => {
            let count = errors.len();
            let text = text!("{count} messages, the last: {error}", count, error);
            (text, all, theme.color.reduction)
        }
        (None, []) => return false,
    };
    let width = rect.width() - theme.px(if is_importing { 64.0 } else { 0.0 });
    let galley = theme.lines(ui.painter(), &text, (width, 2), regular(10.5, color));
    let top = rect.center().y - galley.size().y / 2.0;
    ui.painter().galley(pos2(rect.left(), top), galley, color);
    let place = Rect::from_min_size(rect.min, vec2(width, rect.height()));
    ui.interact(place, ui.scope_id().with("import"), Sense::hover())
        .on_hover_text(&all)
        .widget_info(|| WidgetInfo::labeled(Role::Label, true, &all));
    if is_importing {
        let place = Rect::from_min_max(
            pos2(rect.right() - theme.px(58.0), rect.top() + theme.px(3.0)),
            pos2(rect.right(), rect.bottom() - theme.px(3.0)),
        );
        let tip = text!("Stops the import of the remaining files");
        if controls.button(ui, place, text!("Cancel"), tip, false) {
            import.cancel();
        }
    }
    true
}

/// The cross that closes the song.
fn close_button(ui: &Ui, rect: Rect, theme: Theme, shared: &PluginShared) {
    let response = ui.interact(rect, ui.scope_id().with("close reference"), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, text!("Close reference")));
    theme.cross(ui.painter(), rect, &response);
    let tip = text!("Closes the song and frees its memory. The reference stays in the list");
    if response.on_hover_text(tip).clicked() {
        shared.reference.close(&shared.monitor);
        shared.host.wake();
        ui.ctx().request_repaint();
    }
}

/// Hears the song that is open, or ends it.
fn toggle(shared: &PluginShared, is_heard: bool) {
    if is_heard {
        shared.monitor.end_reference();
    } else if let Some(path) = shared
        .reference
        .view(|player| player.song.as_ref().map(|song| song.path.to_owned()))
        .flatten()
    {
        shared.reference.play(&path, &shared.monitor);
    }
}

/// Hears the song of a file, or ends it if it is heard.
fn hear(shared: &PluginShared, path: &Path) {
    if shared.monitor.get().reference && shared.reference.has(path) {
        shared.monitor.end_reference();
    } else {
        shared.reference.play(path, &shared.monitor);
    }
}

/// Draws name and time of the song.
fn title(ui: &Ui, rect: Rect, theme: Theme, song: Option<&SongView<'_>>) {
    let painter = ui.painter();
    let at = rect.min + theme.vec(0.0, 6.0);
    let left = Align2::LEFT_CENTER;
    let Some(song) = song else {
        theme.text(
            painter,
            at,
            left,
            text!("Listen"),
            bold(11.5, theme.color.secondary),
        );
        return;
    };
    let [begin, end] = song.section_s.map(time);
    let times = text!(
        "{position} · loop {begin} to {end}",
        position = time(song.position_s),
        begin,
        end
    );
    let style = regular(11.0, theme.color.secondary);
    let width = theme.text_width(painter, &times, style);
    let right = rect.right() - theme.px(86.0);
    theme.text(
        painter,
        pos2(right, at.y),
        Align2::RIGHT_CENTER,
        &times,
        style,
    );
    let name_width = right - width - theme.px(10.0) - at.x;
    theme.line(
        painter,
        at,
        left,
        song.name,
        name_width,
        bold(11.5, theme.color.text),
    );
    let place = Rect::from_min_max(rect.min, pos2(right, rect.bottom()));
    let text = text!("heard reference: {name}, {times}", name = song.name, times);
    ui.interact(place, ui.scope_id().with("heard reference"), Sense::hover())
        .on_hover_text(song.name)
        .widget_info(|| WidgetInfo::labeled(Role::Label, true, &text));
}

/// The line over the waveform.
fn status(player: &PlayerView<'_>) -> Option<StatusLine> {
    if let Some(progress) = &player.progress {
        let (text, kind) = (progress.clone(), StatusKind::Progress);
        return Some(StatusLine { text, kind });
    }
    let (text, kind) = (player.message.clone()?, StatusKind::Error);
    Some(StatusLine { text, kind })
}

/// Draws the text about the proposals.
fn explanation(ui: &Ui, rect: Rect, theme: Theme, view: &EditorView<'_>) {
    let target = view.shared.params.references.target();
    let delivery = view.delivery;
    let text = if target.is_empty() {
        text!("Add songs that yours should sound like: WAV, AIFF, FLAC, MP3, Ogg Vorbis, Opus, AAC or ALAC, up to an hour each. \
         The project keeps their analysis, so proposals don't need the files; hearing a song does.")
            .to_owned()
    } else {
        let loudness = match delivery.target_lufs {
            _ if view.own_target_lufs().is_some() => {
                text!("The loudness target stays your own.").to_owned()
            }
            Some(_) => text!(
                "The loudness target stays that of {delivery}.",
                delivery = translate(delivery.name)
            ),
            None => text!(
                "Loudness follows too, as {delivery} has no target.",
                delivery = translate(delivery.name)
            ),
        };
        text!(
            "Balance and width are proposed towards {name}. {loudness} A range that the references lack (treble in an MP3, sides \
             in mono) is left out.",
            name = translate_message(&target.name()),
            loudness
        )
    };
    let galley = theme.lines(
        ui.painter(),
        &text,
        (rect.width(), 3),
        regular(10.5, theme.color.secondary),
    );
    let place = Rect::from_min_size(rect.min, galley.size());
    ui.painter().galley(rect.min, galley, theme.color.secondary);
    ui.interact(place, ui.scope_id().with("matching"), Sense::hover())
        .on_hover_text(&text)
        .widget_info(|| WidgetInfo::labeled(Role::Label, true, &text));
}
