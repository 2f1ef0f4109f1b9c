# Runs inside the virtual machine of `./dev lab camera`, see camera.sh. Set before: part, modules, labs,
# fixtures, suite, rekam.
# The suite's JSON line comes last, as it is the lab's answer.
echo
"$suite" "$part" --modules "$modules" --labs "$labs" >/tmp/suite.out 2>/tmp/suite.err
code=$?
grep -v '^{' /tmp/suite.out
if [ "$code" != 0 ]; then tail -n 40 /tmp/suite.err; fi

# The same camera, which the suite has left plugged in, by the program that an administrator uses.
echo '== rekam camera'
"$rekam" camera list >/tmp/list.txt
if grep -q '^v4l2 ' /tmp/list.txt; then
    echo "ok   rekam camera list: $(cat /tmp/list.txt)"
else
    echo 'FAIL rekam camera list'
    code=1
fi
# grab BY: a photo; the camera must have been opened by BY.
grab() {
    by=$1
    NO_COLOR=1 REKAM_LOG=info "$rekam" camera grab --out /tmp/photo.png --json >/tmp/grab.json 2>/tmp/grab.err
    grabbed=$?
    if [ "$grabbed" = 0 ] && [ "$(head -c 4 /tmp/photo.png | tail -c 3)" = PNG ] && grep -q "opened by $by" /tmp/grab.err; then
        echo "ok   rekam camera grab, by $by: $(grep -o '"\(fps\|photo_ms\|face\)":[^,}]*' /tmp/grab.json | tr '\n' ' ')"
    else
        cat /tmp/grab.err
        echo "FAIL rekam camera grab, by $by"
        code=1
    fi
}
# At 1280x720 vivid's webcam gives 25 frames in 2 seconds, which is no rate to nokhwa.
if [ "$part" = vivid ]; then grab v4l; else grab nokhwa; fi
if [ "$part" = usb ]; then
    # A whole session whose photo comes from the USB camera; its other devices are simulated.
    { sed "s,\.\./roster,$fixtures/roster," "$fixtures/sessions/clean.toml"
      printf '\n[devices.camera]\ndriver = "v4l2"\n'; } >/tmp/session.toml
    "$rekam" init --training --station LAB-01 --kdf test --vault /tmp/vault >/dev/null
    "$rekam" session run --json --vault /tmp/vault /tmp/session.toml >/tmp/session.json 2>/tmp/session.err
    if grep -q '"outcome":"sealed"' /tmp/session.json; then
        echo 'ok   a session with this camera is sealed'
    else
        cat /tmp/session.json /tmp/session.err
        echo 'FAIL a session with this camera is sealed'
        code=1
    fi
fi
grep '^{' /tmp/suite.out
exit "$code"
