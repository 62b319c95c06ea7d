//! Pages of eight knobs, for hardware controllers: the finish first, then the signal's way through
//! the pillars. A knob does related things on related pages.

use nice_plug::prelude::{FloatParam, Param, ParamPtr};

use crate::params::{BandParams, ChannelParams, FlowParams};

/// Knobs on a page.
pub(crate) const KNOBS: usize = 8;

/// One page.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Page {
    /// The heading of a group of pages.
    pub(crate) section: &'static str,
    /// The name of the page.
    pub(crate) name: &'static str,
    /// The parameter of each knob; none where a knob is free.
    pub(crate) knobs: [Option<ParamPtr>; KNOBS],
}

/// Collects the pages of one section.
struct Section<'p> {
    name: &'static str,
    pages: &'p mut Vec<Page>,
}

/// Collects the knobs of one page, from left to right.
struct Knobs {
    knobs: [Option<ParamPtr>; KNOBS],
    next: usize,
}

impl Section<'_> {
    fn add_page(&mut self, name: &'static str, fill: impl FnOnce(&mut Knobs)) {
        let mut knobs = Knobs {
            knobs: [None; KNOBS],
            next: 0,
        };
        fill(&mut knobs);
        self.pages.push(Page {
            section: self.name,
            name,
            knobs: knobs.knobs,
        });
    }
}

impl Knobs {
    fn add_param(&mut self, param: &impl Param) {
        // A test holds that no page is longer.
        if let Some(knob) = self.knobs.get_mut(self.next) {
            *knob = Some(param.as_ptr());
        }
        self.next += 1;
    }

    fn add_spacer(&mut self) {
        self.next += 1;
    }
}

/// `[main]` All pages, in their order.
pub(crate) fn pages(params: &FlowParams) -> Vec<Page> {
    let mut pages = Vec::new();
    let mut add_section = |name, fill: &dyn Fn(&mut Section<'_>)| {
        fill(&mut Section {
            name,
            pages: &mut pages,
        });
    };
    add_section("Flow", &|section| {
        loudness(params, section);
        input_and_output(params, section);
    });
    add_section("Pillars", &|section| {
        velvet_floor(params, section);
        harmonic_lattice(params, section);
        phase_weave(params, section);
        velvet_curve(params, section);
        let (low, high) = params.matching.bands.split_at(KNOBS);
        match_bands("Match, low", low, section);
        match_bands("Match, high", high, section);
    });
    add_section("Master Chain", &|section| {
        dynamics(params, section);
        let mid_side = &params.dynamics.mid_side;
        channel("Mid", &mid_side.amount, &mid_side.mid, section);
        channel("Side", &mid_side.amount, &mid_side.side, section);
        let multiband = &params.dynamics.multiband;
        let low = &multiband.low_crossover;
        let high = &multiband.high_crossover;
        band("Low band", &multiband.amount, low, &multiband.low, section);
        band("Mid band", &multiband.amount, high, &multiband.mid, section);
        band(
            "High band",
            &multiband.amount,
            high,
            &multiband.high,
            section,
        );
        glue(params, section);
    });
    pages
}

fn loudness(params: &FlowParams, section: &mut Section<'_>) {
    section.add_page("Loudness", |page| {
        page.add_param(&params.input.trim);
        page.add_param(&params.limiter.loudness_gain);
        page.add_param(&params.limiter.ceiling);
        page.add_param(&params.limiter.release);
        page.add_param(&params.limiter.stereo_link);
        page.add_param(&params.limiter.style);
        page.add_param(&params.delivery);
        page.add_param(&params.bypass);
    });
}

/// What goes into the chain in the left half, as on the page before; what leaves it in the right.
fn input_and_output(params: &FlowParams, section: &mut Section<'_>) {
    section.add_page("Input and output", |page| {
        page.add_param(&params.input.trim);
        page.add_param(&params.input.low_cut);
        page.add_param(&params.input.low_cut_frequency);
        page.add_spacer();
        page.add_param(&params.output.dither);
        page.add_param(&params.output.noise_shaping);
        page.add_spacer();
        page.add_param(&params.bypass);
    });
}

fn velvet_floor(params: &FlowParams, section: &mut Section<'_>) {
    section.add_page("Velvet Floor", |page| {
        page.add_param(&params.floor.on);
        page.add_param(&params.floor.depth);
        page.add_param(&params.floor.warmth);
        page.add_param(&params.floor.translation);
        page.add_param(&params.input.low_cut);
        page.add_param(&params.input.low_cut_frequency);
    });
}

fn harmonic_lattice(params: &FlowParams, section: &mut Section<'_>) {
    section.add_page("Harmonic Lattice", |page| {
        page.add_param(&params.lattice.on);
        page.add_param(&params.lattice.presence);
        page.add_param(&params.lattice.sheen);
        page.add_param(&params.lattice.character);
        page.add_param(&params.lattice.drive);
    });
}

fn phase_weave(params: &FlowParams, section: &mut Section<'_>) {
    section.add_page("Phase Weave", |page| {
        page.add_param(&params.weave.on);
        page.add_param(&params.weave.width);
        page.add_param(&params.weave.mono_below);
        page.add_param(&params.weave.mono_below_frequency);
        page.add_param(&params.weave.mono_safety);
        page.add_param(&params.weave.max_loss);
        page.add_param(&params.weave.detector);
    });
}

fn velvet_curve(params: &FlowParams, section: &mut Section<'_>) {
    section.add_page("Velvet Curve", |page| {
        page.add_param(&params.curve.on);
        page.add_param(&params.curve.body);
        page.add_param(&params.curve.soul);
        page.add_param(&params.curve.silk);
        page.add_param(&params.curve.air);
        page.add_param(&params.curve.comfort);
        page.add_param(&params.curve.style_target);
        page.add_param(&params.matching.amount);
    });
}

fn match_bands(name: &'static str, bands: &[FloatParam], section: &mut Section<'_>) {
    section.add_page(name, |page| {
        bands.iter().for_each(|band| page.add_param(band));
    });
}

/// The amounts of all stages; the knees, which have no room with the rest of their stages.
fn dynamics(params: &FlowParams, section: &mut Section<'_>) {
    let dynamics = &params.dynamics;
    section.add_page("Dynamics", |page| {
        page.add_param(&dynamics.on);
        page.add_param(&dynamics.mid_side.amount);
        page.add_param(&dynamics.multiband.amount);
        page.add_param(&dynamics.glue.amount);
        page.add_param(&dynamics.drive);
        page.add_param(&dynamics.mid_side.knee);
        page.add_param(&dynamics.multiband.knee);
        page.add_param(&dynamics.glue.knee);
    });
}

fn channel(
    name: &'static str,
    amount: &FloatParam,
    channel: &ChannelParams,
    section: &mut Section<'_>,
) {
    section.add_page(name, |page| {
        page.add_param(amount);
        page.add_param(&channel.compressor.threshold);
        page.add_param(&channel.compressor.ratio);
        page.add_param(&channel.compressor.attack);
        page.add_param(&channel.compressor.release);
        page.add_spacer();
        page.add_param(&channel.mix);
    });
}

fn band(
    name: &'static str,
    amount: &FloatParam,
    crossover: &FloatParam,
    band: &BandParams,
    section: &mut Section<'_>,
) {
    section.add_page(name, |page| {
        page.add_param(amount);
        page.add_param(&band.compressor.threshold);
        page.add_param(&band.compressor.ratio);
        page.add_param(&band.compressor.attack);
        page.add_param(&band.compressor.release);
        page.add_param(crossover);
        page.add_param(&band.gain);
        page.add_param(&band.solo);
    });
}

fn glue(params: &FlowParams, section: &mut Section<'_>) {
    let glue = &params.dynamics.glue;
    section.add_page("Glue", |page| {
        page.add_param(&glue.amount);
        page.add_param(&glue.threshold);
        page.add_param(&glue.ratio);
        page.add_param(&glue.attack);
        page.add_param(&glue.release);
        page.add_param(&glue.auto_release);
        page.add_param(&glue.mix);
        page.add_param(&glue.side_chain_high_pass);
    });
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn pages_have_no_knob_twice() {
        let params = FlowParams::default();
        for page in pages(&params) {
            let count = page.knobs.iter().flatten().count();
            assert!(count > 0, "{} is empty", page.name);
            let knobs: HashSet<_> = page.knobs.iter().flatten().collect();
            assert_eq!(knobs.len(), count, "{}", page.name);
        }
    }

    #[test]
    fn last_knob_of_a_full_page_is_kept() {
        let params = FlowParams::default();
        let pages = pages(&params);
        let glue = pages.iter().find(|page| page.name == "Glue").unwrap();
        let last = params.dynamics.glue.side_chain_high_pass.as_ptr();
        assert_eq!(glue.knobs[KNOBS - 1], Some(last));
    }
}
