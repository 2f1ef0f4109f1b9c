//! The features by name, in the order that the forest was trained with (NFIQ 2.3, `RandomForestML.cpp`).

/// Number of features.
pub const COUNT: usize = 69;

macro_rules! histogram {
    ($prefix:literal) => {
        [
            concat!($prefix, "_Bin10_0"),
            concat!($prefix, "_Bin10_1"),
            concat!($prefix, "_Bin10_2"),
            concat!($prefix, "_Bin10_3"),
            concat!($prefix, "_Bin10_4"),
            concat!($prefix, "_Bin10_5"),
            concat!($prefix, "_Bin10_6"),
            concat!($prefix, "_Bin10_7"),
            concat!($prefix, "_Bin10_8"),
            concat!($prefix, "_Bin10_9"),
            concat!($prefix, "_Bin10_Mean"),
            concat!($prefix, "_Bin10_StdDev"),
        ]
    };
}

/// Place of the first FDA feature (frequency domain analysis).
pub const FDA: usize = 0;
/// Place of the first of the four minutiae features.
pub const MINUTIAE: usize = 12;
/// Place of the mean of the region of interest.
pub const ROI_MEAN: usize = 16;
/// Place of the first LCS feature (local clarity).
pub const LCS: usize = 17;
/// Place of the mean of block means; the image's mean follows.
pub const MMB: usize = 29;
/// Place of the first OCL feature (orientation certainty).
pub const OCL: usize = 31;
/// Place of the first OF feature (orientation flow).
pub const OF: usize = 43;
/// Place of the mean coherence in the region of interest; the sum follows.
pub const COHERENCE: usize = 55;
/// Place of the first RVUP feature (ridge valley uniformity).
pub const RVUP: usize = 57;
/// Offset of a histogram's mean from its first bin; the deviation follows.
pub const MEAN: usize = 10;

/// Names of the features, as NFIQ 2 gives them.
pub const NAMES: [&str; COUNT] = {
    let mut names = [""; COUNT];
    let histograms = [
        (FDA, histogram!("FDA")),
        (LCS, histogram!("LCS")),
        (OCL, histogram!("OCL")),
        (OF, histogram!("OF")),
        (RVUP, histogram!("RVUP")),
    ];
    let mut h = 0;
    while h < histograms.len() {
        let mut i = 0;
        while i < 12 {
            names[histograms[h].0 + i] = histograms[h].1[i];
            i += 1;
        }
        h += 1;
    }
    names[MINUTIAE] = "FingerJetFX_MinCount_COMMinRect200x200";
    names[MINUTIAE + 1] = "FingerJetFX_MinutiaeCount";
    names[MINUTIAE + 2] = "FJFXPos_Mu_MinutiaeQuality_2";
    names[MINUTIAE + 3] = "FJFXPos_OCL_MinutiaeQuality_80";
    names[ROI_MEAN] = "ImgProcROIArea_Mean";
    names[MMB] = "MMB";
    names[MMB + 1] = "Mu";
    names[COHERENCE] = "OrientationMap_ROIFilter_CoherenceRel";
    names[COHERENCE + 1] = "OrientationMap_ROIFilter_CoherenceSum";
    names
};
