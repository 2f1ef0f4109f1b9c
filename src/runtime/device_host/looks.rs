//! What looks at the plugged-in devices tell the manager, and what printing tells it of the printer.

use devices::vocabulary::{DeviceFault, DeviceKind, HotPlug};

use super::{DeviceJob, Manager, in_use};
use crate::runtime::station::{DeviceLine, DeviceState};
use crate::runtime::workers::Answer;

impl Manager {
    pub(super) fn hot_plug(&mut self, event: HotPlug) {
        match event {
            HotPlug::Arrived(info) => {
                let kind = info.kind;
                let Some(host) = self.hosts.get_mut(&kind) else { return };
                self.changed = true;
                let wanted = host.choice.as_ref().is_none_or(|id| *id == info.id);
                let free = host.line.info.as_ref().is_none_or(|i| i.id == info.id);
                if !(wanted && free) {
                    host.line.others.retain(|other| other.id != info.id);
                    host.line.others.push(info);
                    return;
                }
                in_use(&mut host.line, &info);
                let busy = host.running.is_some() || host.opening.is_some() || host.given_up;
                if !busy {
                    self.set_state(kind, DeviceState::Ready);
                }
                self.host.out.send(Answer::Arrived(info));
                if self.preview && kind == DeviceKind::Camera {
                    self.set_preview(true);
                }
            }
            HotPlug::Left(id) => {
                for host in self.hosts.values_mut() {
                    host.told.remove(&id);
                    let before = host.line.others.len();
                    host.line.others.retain(|other| other.id != id);
                    self.changed |= host.line.others.len() != before;
                }
                let found = self.hosts.iter().find(|(_, h)| h.line.info.as_ref().is_some_and(|i| i.id == id));
                let Some(kind) = found.map(|(kind, _)| *kind) else { return };
                if let Some(host) = self.hosts.get_mut(&kind) {
                    host.line.info = None;
                    self.changed = true;
                    // A capture under way is ended by the driver itself, which knows best how.
                    if let Some(thread) = &host.thread {
                        thread.jobs.try_send(DeviceJob::Close).ok();
                    }
                }
                self.set_state(kind, DeviceState::Faulty(DeviceFault::Unplugged));
                self.host.out.send(Answer::Left(kind, id));
            }
            HotPlug::State(id, fault) => {
                let ours = |line: &DeviceLine| line.info.iter().chain(&line.others).any(|i| i.id == id);
                let Some((kind, host)) = self.hosts.iter_mut().find(|(_, h)| ours(&h.line)) else { return };
                let (kind, used) = (*kind, host.line.info.as_ref().is_some_and(|i| i.id == id));
                match fault {
                    Some(fault) => drop(host.told.insert(id, fault)),
                    None => drop(host.told.remove(&id)),
                }
                if used {
                    self.looked_at(kind);
                }
            }
        }
    }

    /// The state of an idle device as the last look told it.
    pub(super) fn looked_at(&mut self, kind: DeviceKind) {
        let Some(host) = self.hosts.get(&kind) else { return };
        let Some(info) = &host.line.info else { return };
        if host.running.is_some() || host.opening.is_some() || host.given_up {
            return;
        }
        let state = host.told.get(&info.id).cloned().map_or(DeviceState::Ready, DeviceState::Faulty);
        self.set_state(kind, state);
    }

    /// A document was printed, or why it was not.
    pub(super) fn printing(&mut self, fault: Option<DeviceFault>) {
        let kind = DeviceKind::Printer;
        // One that is gone is told as gone.
        if self.hosts.get(&kind).is_some_and(|host| host.line.info.is_some()) {
            self.set_state(kind, fault.map_or(DeviceState::Ready, DeviceState::Faulty));
        }
    }
}
