# Sourced by `./dev real`: a whole session on real samples in a fresh training vault. The last line on stdout is one
# JSON object. `rekam` is the program, `samples` the folder of samples.
[ -d "$samples" ] || die "there is no folder of samples at $samples; name one in REKAM_SAMPLES"
"$rekam" real --samples "$samples" --json || exit 1
