//! The page of the audio devices: those in use, those that there are, and the choice for the next start.
//!
//! The framework opens its devices once. So a choice is saved, and *Restart* starts the app anew with it; the session goes on.

mod device_rows;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use egui::{Align2, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};
use flow_analysis::report::Message;
use flow_platform::background_task::{BackgroundTask, TaskConfig};

use device_rows::Devices;

use super::audio_settings::{self, AudioSettings, AudioStart, Backend};
use crate::editor::language::{message, reason, text, translate, translate_message};
use crate::editor::widgets::button::ActionState;
use crate::editor::widgets::param_ui::ParamUi;
use crate::editor::widgets::theme::{POLL_INTERVAL, Theme, bold, regular};

/// The devices of the system.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceList {
    /// The names of the outputs.
    pub outputs: Vec<String>,
    /// The names of the inputs.
    pub inputs: Vec<String>,
    /// The rates of the chosen devices, Hz.
    pub rates_hz: Vec<u32>,
    /// The block sizes of the chosen devices, frames.
    pub blocks_frames: Vec<u32>,
    /// The only block size at each rate, Hz and frames, of devices that leave no choice.
    pub own_blocks: Vec<(u32, u32)>,
}

impl DeviceList {
    /// The block sizes at a rate, frames.
    fn blocks_at(&self, rate_hz: u32) -> Vec<u32> {
        let own = self.own_blocks.iter();
        let own = own.filter(|(rate, _)| *rate == rate_hz);
        let blocks = self.blocks_frames.iter().copied();
        blocks.chain(own.map(|(_, frames)| *frames)).collect()
    }
}

/// Lists the devices of the system, and the rates and block sizes that an output and an input have in common. It may take
/// long. The error is one line.
pub type ListDevices = fn(Option<&str>, Option<&str>) -> Result<DeviceList, Message>;

/// The page's state.
pub struct AudioPage {
    start: AudioStart,
    /// The settings for the next start.
    chosen: AudioSettings,
    /// Those in the file.
    saved: AudioSettings,
    file: Option<PathBuf>,
    list_devices: ListDevices,
    listing: Option<BackgroundTask<Result<DeviceList, Message>>>,
    /// None before they are listed.
    devices: Option<Result<DeviceList, Message>>,
    outcome: Option<Result<String, String>>,
    /// Whether the app is to start anew.
    restart: Arc<AtomicBool>,
}

impl AudioPage {
    /// The page of a start, which saves a choice in a file.
    #[must_use]
    pub fn new(start: AudioStart, file: Option<PathBuf>, list_devices: ListDevices) -> Self {
        Self {
            chosen: start.saved.clone(),
            saved: start.saved.clone(),
            start,
            file,
            list_devices,
            listing: None,
            devices: None,
            outcome: None,
            restart: Arc::default(),
        }
    }

    /// The reason why others than the wanted devices are in use, one line.
    pub(super) fn note(&self) -> Option<&Message> {
        self.start.note.as_ref()
    }

    /// Tells in this flag that the app is to start anew.
    #[must_use]
    pub fn with_restart(self, restart: Arc<AtomicBool>) -> Self {
        Self { restart, ..self }
    }

    /// Whether the app is to start anew.
    pub(super) fn is_restart_wanted(&self) -> bool {
        self.restart.load(Ordering::Relaxed)
    }

    /// Lists the devices anew when the page is opened the next time.
    pub(super) fn forget_devices(&mut self) {
        self.devices = None;
        self.outcome = None;
    }

    fn poll(&mut self, ui: &Ui) {
        if let Some(listing) = &self.listing
            && let Poll::Ready(result) = listing.poll()
        {
            self.listing = None;
            let failed = || Err(message!("the system's audio failed"));
            self.devices = Some(result.unwrap_or_else(failed));
            self.choose_valid();
        }
        if self.devices.is_none() && self.listing.is_none() {
            let list = self.list_devices;
            let (output, input) = (self.chosen.output.clone(), self.chosen.input.clone());
            let config = TaskConfig::new("flow devices");
            let work = move || list(output.as_deref(), input.as_deref());
            match BackgroundTask::spawn(config, move |_| work()) {
                Ok(task) => self.listing = Some(task),
                Err(error) => self.devices = Some(Err(reason(error))),
            }
        }
        if self.listing.is_some() {
            ui.ctx().request_repaint_after(POLL_INTERVAL);
        }
    }

    /// Draws the page. *Restart* is impossible during a render, which would go on without a window. Returns whether it was
    /// closed.
    pub(super) fn show(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        controls: &ParamUi<'_>,
        is_rendering: bool,
    ) -> bool {
        self.poll(ui);
        let theme = controls.theme;
        let column = |left: f32, width: f32| {
            let left = rect.left() + theme.px(left);
            Rect::from_x_y_ranges(left..=left + theme.px(width), rect.y_range())
        };
        self.summary(ui, column(0.0, 300.0), theme);
        let backend = column(0.0, 300.0);
        self.backends(ui, backend, controls);
        let is_closed = self.buttons(ui, backend, controls, is_rendering);
        let is_system = self.has_system_devices();
        if !is_system {
            let text = match self.chosen.backend {
                Backend::Jack => {
                    text!(
                        "JACK has its own devices, rate and block size. Connect Flow's ports in a patchbay, or start it with \
                         --connect-jack-inputs."
                    )
                }
                _ => text!("Flow runs without sound."),
            };
            let at = column(330.0, 500.0).min + theme.vec(0.0, 6.0);
            let style = regular(11.5, theme.color.secondary);
            theme.paragraph(ui.painter(), at, text, 500.0, style);
            return is_closed;
        }
        let devices = match &self.devices {
            Some(Ok(devices)) => devices.clone(),
            Some(Err(error)) => {
                let error = translate_message(error);
                let text = text!("The devices can't be listed: {error}.", error);
                line(
                    ui,
                    column(330.0, 500.0),
                    theme,
                    &text,
                    theme.color.reduction,
                );
                return is_closed;
            }
            None => {
                line(
                    ui,
                    column(330.0, 500.0),
                    theme,
                    text!("Listing…"),
                    theme.color.tertiary,
                );
                return is_closed;
            }
        };
        let outputs = Devices {
            title: text!("Output"),
            none: text!("The system's default"),
            names: &devices.outputs,
        };
        if let Some(output) = outputs.show(ui, column(330.0, 250.0), theme, &self.chosen.output) {
            self.chosen.output = output;
            // Another output has other rates.
            self.devices = None;
            self.outcome = None;
        }
        let inputs = Devices {
            title: text!("Live input"),
            none: text!("No input"),
            names: &devices.inputs,
        };
        if let Some(input) = inputs.show(ui, column(600.0, 250.0), theme, &self.chosen.input) {
            self.chosen.input = input;
            // Another input has other rates.
            self.devices = None;
            self.outcome = None;
        }
        self.rates(ui, column(870.0, 300.0), controls, &devices);
        is_closed
    }

    /// Whether the choice has devices, a rate and a block size.
    fn has_system_devices(&self) -> bool {
        match self.chosen.backend {
            Backend::System => true,
            Backend::Auto => self.start.in_use.backend != Backend::Jack,
            Backend::Jack | Backend::Dummy => false,
        }
    }

    /// The devices in use.
    fn summary(&self, ui: &Ui, rect: Rect, theme: Theme) {
        let in_use = &self.start.in_use;
        let device = match (in_use.backend, &in_use.output) {
            (Backend::System, Some(output)) => format!(", {output}"),
            (Backend::System, None) => format!(", {}", text!("default output")),
            _ => String::new(),
        };
        let input = match &in_use.input {
            Some(input) if in_use.backend == Backend::System => {
                text!("Live input: {name}", name = input)
            }
            _ if in_use.backend == Backend::Jack => text!("Live input: JACK's ports").to_owned(),
            _ => text!("No live input").to_owned(),
        };
        let khz = f64::from(in_use.rate_hz) / 1000.0;
        let lines = [
            format!("{}{device}", translate(in_use.backend.name())),
            input,
            text!(
                "{khz} kHz, blocks of {frames} frames",
                khz,
                frames = in_use.block_frames
            ),
        ];
        let row = |index: u8| {
            let top = rect.top() + theme.px(18.0 + 18.0 * f32::from(index));
            Rect::from_min_size(pos2(rect.left(), top), vec2(rect.width(), theme.px(18.0)))
        };
        let style = bold(11.5, theme.color.secondary);
        let at = rect.min + theme.vec(0.0, 6.0);
        theme.text(
            ui.painter(),
            at,
            Align2::LEFT_CENTER,
            text!("In use"),
            style,
        );
        for (index, text) in (0..).zip(&lines) {
            line(ui, row(index), theme, text, theme.color.text);
        }
        let (text, color) = match (&self.start.note, self.start.is_from_command_line) {
            (Some(note), _) => (&*translate_message(note), theme.color.reduction),
            (None, true) => (text!("Chosen on the command line"), theme.color.secondary),
            (None, false) => return,
        };
        line(ui, row(3), theme, text, color);
    }

    fn backends(&mut self, ui: &mut Ui, rect: Rect, controls: &ParamUi<'_>) {
        let theme = controls.theme;
        let top = rect.top() + theme.px(106.0);
        let style = bold(11.5, theme.color.secondary);
        let at = pos2(rect.left(), top + theme.px(8.0));
        theme.text(
            ui.painter(),
            at,
            Align2::LEFT_CENTER,
            text!("From the next start"),
            style,
        );
        for (index, backend) in (0_u8..).zip(Backend::ALL) {
            let at = vec2(theme.px(74.0) * f32::from(index), theme.px(22.0));
            let place = Rect::from_min_size(pos2(rect.left(), top) + at, theme.vec(70.0, 26.0));
            let tip = text!(
                "The system that plays the sound. Default: JACK if it runs, or else the system's audio"
            );
            let is_chosen = self.chosen.backend == backend;
            if controls.button(ui, place, translate(backend.name()), tip, is_chosen) {
                self.chosen.backend = backend;
                self.outcome = None;
            }
        }
    }

    /// *Save*, *Restart* and *Back*, and the outcome. Returns whether the page was closed.
    fn buttons(
        &mut self,
        ui: &mut Ui,
        rect: Rect,
        controls: &ParamUi<'_>,
        is_rendering: bool,
    ) -> bool {
        let theme = controls.theme;
        let top = rect.top() + theme.px(164.0);
        let place = |x: f32| {
            let at = pos2(rect.left() + theme.px(x), top);
            Rect::from_min_size(at, theme.vec(92.0, 28.0))
        };
        let is_changed = self.chosen != self.saved;
        let is_usable = self.is_usable();
        let state = match is_changed && is_usable {
            true => ActionState::Possible,
            false => ActionState::Impossible,
        };
        let tip = text!("Saves the choice for the next start");
        if controls.action(ui, place(0.0), ["save audio", text!("Save")], tip, state) {
            self.save();
        }
        let state = match is_changed || self.start.in_use != self.saved {
            _ if !is_usable || is_rendering => ActionState::Impossible,
            true => ActionState::Recommended,
            false => ActionState::Possible,
        };
        let tip = match is_rendering {
            true => text!("A song is being rendered: Restart is possible when its file is saved"),
            false => {
                text!(
                    "Saves the choice, closes the window and starts Flow again. The session goes on"
                )
            }
        };
        if controls.action(ui, place(97.0), ["restart", text!("Restart")], tip, state)
            && self.save()
        {
            self.restart.store(true, Ordering::Relaxed);
            ui.ctx().request_repaint();
        }
        let tip = text!("Shows the five pillars again");
        let is_closed = controls.button(ui, place(194.0), text!("Back"), tip, false);
        let (text, color) = match &self.outcome {
            Some(Ok(saved)) => (saved, theme.color.text),
            Some(Err(error)) => (error, theme.color.reduction),
            None => return is_closed,
        };
        let at = pos2(rect.left(), top + theme.px(32.0));
        let status = Rect::from_min_size(at, vec2(rect.width(), theme.px(18.0)));
        line(ui, status, theme, text, color);
        is_closed
    }

    /// Whether the chosen devices can run so. Those that can't be listed may.
    fn is_usable(&self) -> bool {
        match &self.devices {
            _ if !self.has_system_devices() => true,
            Some(Ok(devices)) => {
                let blocks = devices.blocks_at(self.chosen.rate_hz);
                devices.rates_hz.contains(&self.chosen.rate_hz)
                    && blocks.contains(&self.chosen.block_frames)
            }
            Some(Err(_)) => true,
            // They are being listed.
            None => false,
        }
    }

    /// Takes the nearest rate and block size that the devices have.
    fn choose_valid(&mut self) {
        let Some(Ok(devices)) = &self.devices else {
            return;
        };
        let nearest = |values: &[u32], wanted: u32| {
            let values = values.iter().copied();
            values.min_by_key(|value| value.abs_diff(wanted))
        };
        let AudioSettings {
            rate_hz,
            block_frames,
            ..
        } = self.chosen;
        if let Some(rate_hz) = nearest(&devices.rates_hz, rate_hz) {
            self.chosen.rate_hz = rate_hz;
        }
        let blocks = devices.blocks_at(self.chosen.rate_hz);
        if let Some(block_frames) = nearest(&blocks, block_frames) {
            self.chosen.block_frames = block_frames;
        }
    }

    /// Saves the choice. Returns whether that succeeded.
    fn save(&mut self) -> bool {
        let written = match &self.file {
            Some(file) => audio_settings::write(file, &self.chosen),
            None => Err(std::io::Error::other("there is no folder for it")),
        };
        self.outcome = Some(match &written {
            Ok(()) => Ok(text!("Saved for the next start.").to_owned()),
            Err(error) => Err(text!(
                "The choice can't be saved: {error}.",
                error = translate_message(&reason(error))
            )),
        });
        if written.is_ok() {
            self.saved = self.chosen.clone();
        }
        written.is_ok()
    }

    /// Rate and block size.
    fn rates(&mut self, ui: &mut Ui, rect: Rect, controls: &ParamUi<'_>, devices: &DeviceList) {
        let theme = controls.theme;
        let mut grid = |top: f32, title: &str, values: &[u32], chosen: u32, unit: Unit| {
            let at = rect.min + theme.vec(0.0, top + 6.0);
            let style = bold(11.5, theme.color.secondary);
            theme.text(ui.painter(), at, Align2::LEFT_CENTER, title, style);
            let mut clicked = None;
            for (index, value) in (0_u8..).zip(values) {
                let (column, row) = (f32::from(index % 3), f32::from(index / 3));
                let at = rect.min + theme.vec(96.0 * column, top + 18.0 + 31.0 * row);
                let place = Rect::from_min_size(at, theme.vec(91.0, 26.0));
                let (name, tip) = match unit {
                    Unit::Hz => (
                        text!("{khz} kHz", khz = f64::from(*value) / 1000.0),
                        text!("The sample rate of the devices. Default: 48 kHz"),
                    ),
                    Unit::Frames => (
                        text!("{count} frames", count = value),
                        text!(
                            "The frames of a block: fewer are faster, more are safer. Default: 512, or the devices' nearest size"
                        ),
                    ),
                };
                if controls.button(ui, place, &name, tip, *value == chosen) {
                    clicked = Some(*value);
                }
            }
            clicked
        };
        let rate = grid(
            0.0,
            text!("Sample rate"),
            &devices.rates_hz,
            self.chosen.rate_hz,
            Unit::Hz,
        );
        let frames = self.chosen.block_frames;
        let block = grid(
            94.0,
            text!("Block size"),
            &devices.blocks_at(self.chosen.rate_hz),
            frames,
            Unit::Frames,
        );
        if rate.is_some() || block.is_some() {
            self.outcome = None;
        }
        self.chosen.rate_hz = rate.unwrap_or(self.chosen.rate_hz);
        self.chosen.block_frames = block.unwrap_or(frames);
        if rate.is_some() {
            // Another rate may have other block sizes.
            self.choose_valid();
        }
    }
}

/// The unit of a number that can be chosen.
#[derive(Clone, Copy)]
enum Unit {
    Hz,
    Frames,
}

/// Draws a line of text.
fn line(ui: &Ui, rect: Rect, theme: Theme, text: &str, color: egui::Color32) {
    let row = Rect::from_min_size(rect.min, vec2(rect.width(), theme.px(18.0)));
    let style = regular(11.5, color);
    let at = row.left_center();
    theme.line(
        ui.painter(),
        at,
        Align2::LEFT_CENTER,
        text,
        row.width(),
        style,
    );
    ui.interact(row, ui.scope_id().with(("line", text)), Sense::hover())
        .on_hover_text(text)
        .widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
}
