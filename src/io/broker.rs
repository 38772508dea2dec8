//! stub
use crate::io::bus::*; use crate::ports::Publication;
/// s
pub struct Broker;
impl Broker { /// s
 pub fn ack(&self,_t:AckTicket){} /// s
 pub fn publish(&self,_i:OutId,_p:Publication)->bool{false} /// s
 pub fn set_subscriptions(&self,_f:Vec<String>){} /// s
 pub fn is_up(&self)->bool{false} /// s
 pub async fn stop(&self){} }
