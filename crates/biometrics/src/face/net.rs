//! The neural networks, run by tract. Without the feature `onnx` there are none: loading says so.

use super::FaceError;

/// Which network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Model {
    /// Face detector BlazeFace, short range: 128 x 128, values -1 to 1.
    Detector,
    /// Face mesh: 192 x 192, values 0 to 1.
    Mesh,
    /// Person against background: 256 x 256, values 0 to 1.
    Person,
}

impl Model {
    /// Side of the square input in pixels.
    pub(super) const fn side_px(self) -> usize {
        match self {
            Self::Detector => 128,
            Self::Mesh => 192,
            Self::Person => 256,
        }
    }

    /// Lengths of the outputs.
    pub(super) const fn lengths(self) -> &'static [usize] {
        match self {
            Self::Detector => &[896 * 16, 896],
            Self::Mesh => &[468 * 3, 1],
            Self::Person => &[256 * 256],
        }
    }

    /// The file.
    #[cfg(any(feature = "onnx", test))]
    pub(super) const fn bytes(self) -> &'static [u8] {
        match self {
            Self::Detector => include_bytes!("../../models/face_detection_short_range.onnx"),
            Self::Mesh => include_bytes!("../../models/face_landmark.onnx"),
            Self::Person => include_bytes!("../../models/selfie_segmentation.onnx"),
        }
    }
}

/// A loaded network; usable from several threads at once.
pub(super) struct Net {
    model: Model,
    #[cfg(feature = "onnx")]
    plan: std::sync::Arc<tract_onnx::prelude::TypedRunnableModel>,
}

#[cfg(feature = "onnx")]
impl Net {
    /// Loads and optimises a network (tens of milliseconds).
    pub(super) fn load(model: Model) -> Result<Self, FaceError> {
        use tract_onnx::prelude::*;
        let side = model.side_px();
        let plan = tract_onnx::onnx()
            .model_for_read(&mut std::io::Cursor::new(model.bytes()))
            .and_then(|m| m.with_input_fact(0, f32::fact([1, 3, side, side]).into()))
            .and_then(|m| m.into_optimized())
            .and_then(|m| m.into_runnable())
            .map_err(|_| FaceError::Model)?;
        Ok(Self { model, plan })
    }

    /// Outputs for an input of channels, rows, columns. The lengths are as [`Model::lengths`] says.
    pub(super) fn run(&self, input: Vec<f32>) -> Result<Vec<Vec<f32>>, FaceError> {
        use tract_onnx::prelude::*;
        let side = self.model.side_px();
        let input = tract_ndarray::Array4::from_shape_vec((1, 3, side, side), input)
            .map_err(|_| FaceError::Detector)?;
        // A network must not take the program down: a panic inside tract is an error here.
        let run = std::panic::AssertUnwindSafe(|| self.plan.run(tvec!(Tensor::from(input).into())));
        let outputs = std::panic::catch_unwind(run)
            .map_err(|_| FaceError::Detector)?
            .map_err(|_| FaceError::Detector)?;
        let lists = outputs
            .iter()
            .map(|o| o.to_plain_array_view::<f32>().map(|v| v.iter().copied().collect::<Vec<f32>>()))
            .collect::<TractResult<Vec<_>>>()
            .map_err(|_| FaceError::Detector)?;
        let fits = lists.iter().map(Vec::len).eq(self.model.lengths().iter().copied());
        if fits { Ok(lists) } else { Err(FaceError::Model) }
    }
}

#[cfg(not(feature = "onnx"))]
impl Net {
    pub(super) fn load(_model: Model) -> Result<Self, FaceError> {
        Err(FaceError::Absent)
    }

    pub(super) fn run(&self, _input: Vec<f32>) -> Result<Vec<Vec<f32>>, FaceError> {
        let _ = self.model.lengths();
        Err(FaceError::Absent)
    }
}
