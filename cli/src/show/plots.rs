//! ROC and DET curves as SVG and PNG.

use super::font;
use crate::exit::Failure;
use facebridge::evaluation::DetPoint;
use plotters::coord::Shift;
use plotters::prelude::*;
use std::path::{Path, PathBuf};

const SIZE: (u32, u32) = (900, 700);
/// Rates below this are drawn on the edge: a logarithmic axis has no zero.
const LOWEST_RATE: f64 = 1e-7;
const COLOURS: [RGBColor; 2] = [RGBColor(0, 90, 181), RGBColor(220, 50, 32)];

#[derive(Clone, Copy)]
enum Curve {
    /// True accept rate over false match rate.
    Roc,
    /// False non-match rate over false match rate, both logarithmic.
    Det,
}

/// Draws the named curves into `folder` and returns the files.
pub(crate) fn draw(curves: &[(&str, &[DetPoint])], folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    font::register_for_plots();
    std::fs::create_dir_all(folder).map_err(|error| Failure::output(folder.display())(error.to_string()))?;
    let mut files = Vec::new();
    for (name, curve) in [("roc", Curve::Roc), ("det", Curve::Det)] {
        let svg = folder.join(format!("{name}.svg"));
        chart(&SVGBackend::new(&svg, SIZE).into_drawing_area(), curves, curve)
            .map_err(Failure::output(svg.display()))?;
        let png = folder.join(format!("{name}.png"));
        let mut pixels = vec![255; SIZE.0 as usize * SIZE.1 as usize * 3];
        chart(&BitMapBackend::with_buffer(&mut pixels, SIZE).into_drawing_area(), curves, curve)
            .map_err(Failure::output(png.display()))?;
        image::save_buffer(&png, &pixels, SIZE.0, SIZE.1, image::ExtendedColorType::Rgb8)
            .map_err(|error| Failure::output(png.display())(error.to_string()))?;
        files.extend([svg, png]);
    }
    Ok(files)
}

fn chart<B: DrawingBackend>(
    area: &DrawingArea<B, Shift>,
    curves: &[(&str, &[DetPoint])],
    curve: Curve,
) -> Result<(), String>
where
{
    let failed = |error: DrawingAreaErrorKind<B::ErrorType>| error.to_string();
    area.fill(&WHITE).map_err(failed)?;
    let mut builder = ChartBuilder::on(area);
    builder.margin(20).x_label_area_size(50).y_label_area_size(70);
    let rates = (LOWEST_RATE..1.0).log_scale();
    match curve {
        Curve::Roc => {
            // The interesting part begins where the worst point lies.
            let lowest = points(curves, curve).map(|(_, y)| y).fold(1.0, f64::min);
            let bottom = (lowest * 20.0).floor() / 20.0;
            let mut chart = builder
                .caption("Receiver operating characteristic", ("sans-serif", 24))
                .build_cartesian_2d(rates, bottom..1.001)
                .map_err(failed)?;
            chart
                .configure_mesh()
                .x_desc("false match rate")
                .y_desc("true accept rate")
                .x_label_formatter(&|rate| format!("{rate:.0e}"))
                .y_label_formatter(&|rate| format!("{rate:.2}"))
                .label_style(("sans-serif", 16))
                .draw()
                .map_err(failed)?;
            draw_curves(&mut chart, curves, curve).map_err(failed)
        }
        Curve::Det => {
            let mut chart = builder
                .caption("Detection error trade-off", ("sans-serif", 24))
                .build_cartesian_2d(rates, (1e-4..1.0).log_scale())
                .map_err(failed)?;
            chart
                .configure_mesh()
                .x_desc("false match rate")
                .y_desc("false non-match rate")
                .x_label_formatter(&|rate| format!("{rate:.0e}"))
                .y_label_formatter(&|rate| format!("{rate:.0e}"))
                .label_style(("sans-serif", 16))
                .draw()
                .map_err(failed)?;
            draw_curves(&mut chart, curves, curve).map_err(failed)
        }
    }?;
    area.present().map_err(failed)
}

fn place(point: &DetPoint, curve: Curve) -> (f64, f64) {
    let x = point.fmr.max(LOWEST_RATE);
    match curve {
        Curve::Roc => (x, 1.0 - point.fnmr),
        Curve::Det => (x, point.fnmr.max(1e-4)),
    }
}

fn points<'a>(curves: &'a [(&str, &[DetPoint])], curve: Curve) -> impl Iterator<Item = (f64, f64)> + 'a {
    curves.iter().flat_map(move |(_, points)| points.iter().map(move |point| place(point, curve)))
}

fn draw_curves<'a, B, X, Y>(
    chart: &mut ChartContext<'a, B, Cartesian2d<X, Y>>,
    curves: &[(&str, &[DetPoint])],
    curve: Curve,
) -> Result<(), DrawingAreaErrorKind<B::ErrorType>>
where
    B: DrawingBackend + 'a,
    X: Ranged<ValueType = f64>,
    Y: Ranged<ValueType = f64>,
{
    for ((name, points), colour) in curves.iter().zip(COLOURS.iter().cycle()) {
        chart
            .draw_series(LineSeries::new(
                points.iter().map(|point| place(point, curve)),
                colour.stroke_width(2),
            ))?
            .label(*name)
            .legend(move |(x, y)| PathElement::new(vec![(x, y), (x + 20, y)], colour.stroke_width(2)));
    }
    let position = match curve {
        Curve::Roc => SeriesLabelPosition::LowerRight,
        Curve::Det => SeriesLabelPosition::UpperRight,
    };
    chart
        .configure_series_labels()
        .position(position)
        .background_style(WHITE)
        .border_style(BLACK)
        .label_font(("sans-serif", 16))
        .draw()
}
