package verify;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;

/** Reads tokens, one a line, and prints what the class named by the argument makes of each: its sub, or why it refuses it. */
public class Harness {
    public static void main(String[] args) throws Exception {
        Class<?> type = Class.forName("verify." + args[0]);
        Constructor<?> constructor = type.getDeclaredConstructor(String.class);
        constructor.setAccessible(true);
        Method subject = type.getDeclaredMethod("subject", String.class);
        subject.setAccessible(true);
        Object verifier = constructor.newInstance(System.getenv("PAWL"));
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            try {
                System.out.println("{\"sub\":\"" + subject.invoke(verifier, line) + "\"}");
            } catch (InvocationTargetException e) {
                System.out.println("{\"refused\":\"" + e.getCause().toString().replaceAll("[^ -~]|[\"\\\\]", " ") + "\"}");
            }
            System.out.flush();
        }
    }
}
