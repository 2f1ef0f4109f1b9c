// Reads a finger minutiae record with FingerprintIO, a library of another project, and prints what it saw.
//
//   java -cp 'JARS/*' tools/InteropMinutiae.java iso|incits FILE
//
// JARS holds com.machinezoo.fingerprintio:fingerprintio:1.3.1 with what it needs (mvn dependency:copy-dependencies).
// First line: width height x-resolution y-resolution position view quality; then a line for each minutia: x y angle
// kind quality, with the angle and the kind as they stand in the record. Called by tools/interop.py.

import com.machinezoo.fingerprintio.ansi378v2004.Ansi378v2004Template;
import com.machinezoo.fingerprintio.iso19794p2v2005.Iso19794p2v2005Template;
import java.nio.file.Files;
import java.nio.file.Path;

public class InteropMinutiae {
    public static void main(String[] args) throws Exception {
        byte[] bytes = Files.readAllBytes(Path.of(args[1]));
        if (args[0].equals("iso")) {
            var record = new Iso19794p2v2005Template(bytes);
            var finger = record.fingerprints.get(0);
            System.out.println(record.width + " " + record.height + " " + record.resolutionX + " "
                    + record.resolutionY + " " + finger.position.ordinal() + " " + finger.view + " " + finger.quality);
            for (var m : finger.minutiae)
                System.out.println(
                        m.positionX + " " + m.positionY + " " + m.angle + " " + m.type.ordinal() + " " + m.quality);
        } else {
            var record = new Ansi378v2004Template(bytes);
            var finger = record.fingerprints.get(0);
            System.out.println(record.width + " " + record.height + " " + record.resolutionX + " "
                    + record.resolutionY + " " + finger.position.ordinal() + " " + finger.view + " " + finger.quality);
            for (var m : finger.minutiae)
                System.out.println(
                        m.positionX + " " + m.positionY + " " + m.angle + " " + m.type.ordinal() + " " + m.quality);
        }
    }
}
