# Runs inside the virtual machine of `./dev lab camera`, see camera.sh. Set before: part, modules, labs, suite, rekam.
# The suite's JSON line comes last, as it is the lab's answer.
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
"$rekam" --verbose camera grab --out /tmp/photo.png --json >/tmp/grab.json 2>/tmp/grab.err
grabbed=$?
cat /tmp/grab.err
if [ "$grabbed" = 0 ] && [ "$(head -c 4 /tmp/photo.png | tail -c 3)" = PNG ]; then
    echo "ok   rekam camera grab: $(grep -o '"\(width\|height\|fps\|photo_ms\|face\)":[^,}]*' /tmp/grab.json | tr '\n' ' ')"
else
    echo 'FAIL rekam camera grab'
    code=1
fi
grep '^{' /tmp/suite.out
exit "$code"
