// What people show of themselves: picture, about, business profile.
import { bytesOf, node } from "../wire/nodes.ts";
import { type Answer, done, notFound, type Query } from "./query.ts";

/** Namespace `w:profile:picture`. Nobody has a picture until a client sets one; the server keeps none. */
export function answerPicture({ world, stanza }: Query): Answer {
  return stanza.attrs.type === "get" ? notFound : { content: [node("picture", { id: world.seconds() })] };
}

/** Namespace `status`: the line under the name. */
export function answerAbout({ device, child }: Query): Answer {
  if (child.tag === "status") device.phone.about = bytesOf(child).toString();
  return done;
}

/** Namespace `w:biz`: nobody here is a business. */
export function answerBusiness(): Answer {
  return { content: [node("business_profile")] };
}
