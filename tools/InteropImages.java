// Reads an image record of the 2011 editions with the biometrics-util of MOSIP, a library of another project, and prints
// what its getters say of the first representation: a name and a number a line, and the SHA-256 of the image data.
//
//   java -cp 'JARS/*' tools/InteropImages.java fir|fac|iir FILE
//
// JARS holds io.mosip.biometric.util:biometrics-util:1.2.0.1, slf4j-api and commons-lang3 (mvn
// dependency:copy-dependencies). Called by tools/interop.py.

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Map;

public class InteropImages {
    static final Map<String, String> READERS = Map.of(
            "fir", "io.mosip.biometrics.util.finger.FingerBDIR",
            "fac", "io.mosip.biometrics.util.face.FaceBDIR",
            "iir", "io.mosip.biometrics.util.iris.IrisBDIR");

    public static void main(String[] args) throws Exception {
        byte[] bytes = Files.readAllBytes(Path.of(args[1]));
        Class<?> reader = Class.forName(READERS.get(args[0]));
        Object record = reader.getConstructor(DataInputStream.class)
                .newInstance(new DataInputStream(new ByteArrayInputStream(bytes)));
        for (var method : reader.getMethods()) {
            Class<?> type = method.getReturnType();
            if (method.getParameterCount() == 0 && method.getName().startsWith("get")
                    && (type == int.class || type == long.class)) {
                // A getter of something that the record does not have may throw.
                try {
                    System.out.println(method.getName().substring(3) + " " + method.invoke(record));
                } catch (java.lang.reflect.InvocationTargetException absent) {
                    System.out.println(method.getName().substring(3) + " absent");
                }
            }
        }
        byte[] image = (byte[]) reader.getMethod("getImage").invoke(record);
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(image);
        System.out.println("Sha256 " + HexFormat.of().formatHex(digest));
    }
}
